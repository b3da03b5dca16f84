#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# hardening.sh SOURCE BUILD: what is shipped has the compiler's protections, and does not tell where it was built.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)

if ! grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$build/CMakeCache.txt"; then
    echo "skipped: $build is not a build that ships"
    exit 77
fi

# has FILE OPTION TEXT: readelf says TEXT of the file.
has() { LC_ALL=C readelf -W "$2" "$1" | grep -q "$3"; }
has_stack_check() { LC_ALL=C readelf -W --dyn-syms "$1" | grep -q ' __stack_chk_fail'; }
has_buffer_checks() { LC_ALL=C readelf -W --dyn-syms "$1" | grep -q '_chk@'; }
stack_is_data() { LC_ALL=C readelf -Wl "$1" | grep -q 'GNU_STACK.* RW '; }
has_no_path() { ! grep -aqF -e "$source/" -e "$build/" "$1"; }
no() { ! "$@"; }

check "installs" "$cmake" --install "$build" --prefix "$work/prefix" || done_all
for name in $(installed_tools); do
    tool=$work/prefix/sbin/$name
    check "$name can be at any address" has "$tool" -h 'Type: *DYN' || :
    check "$name has addresses of functions that are bound at the start" has "$tool" -d 'BIND_NOW' || :
    check "$name makes them read-only" has "$tool" -l GNU_RELRO || :
    check "$name has no code on its stack" stack_is_data "$tool" || :
    check "$name checks its stack" has_stack_check "$tool" || :
    check "$name checks its buffers" has_buffer_checks "$tool" || :
    [ "$(uname -m)" != x86_64 ] || check "$name is marked for shadow stacks" has "$tool" -n SHSTK || :
    check "$name does not tell where it was built" has_no_path "$tool" || :
done

# A program without any of this, so that a check that cannot fail is noticed.
echo "const char *place = \"$source/\"; int main() { return *place; }" >"$work/bare.cpp"
check "a bare program is built" c++ -no-pie -z norelro -z lazy -z execstack -fno-stack-protector \
    -o "$work/bare" "$work/bare.cpp" || done_all
check "it is not at any address" no has "$work/bare" -h 'Type: *DYN' || :
check "it binds no addresses" no has "$work/bare" -d 'BIND_NOW' || :
check "it leaves them writable" no has "$work/bare" -l GNU_RELRO || :
check "it may have code on its stack" no stack_is_data "$work/bare" || :
check "it checks no stack" no has_stack_check "$work/bare" || :
check "it checks no buffers" no has_buffer_checks "$work/bare" || :
check "it tells where it was built" no has_no_path "$work/bare" || :
done_all

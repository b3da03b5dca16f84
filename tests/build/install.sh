#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh SOURCE BUILD: programs that `cmake --install` installs run from any prefix, and are small.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
prefix=$work/prefix
most=1500000 # bytes of a stripped tool; funclat, the largest, has a second object that measures its probes

is_small() { [ "$(stat -c %s "$1")" -lt "$most" ]; }

check "installs below $prefix" "$cmake" --install "$build" --prefix "$prefix" || done_all
installed_tools >"$work/tools"
ls "$prefix/sbin" >"$work/installed"
check "sbin holds these tools and no other file" diff "$work/tools" "$work/installed" || :
for name in $(installed_tools); do
    for file in man/man8/$name.8 bash-completion/completions/$name zsh/site-functions/_$name \
        fish/vendor_completions.d/$name.fish; do
        check "share/$file is there" [ -s "$prefix/share/$file" ] || :
    done
    said=$("$prefix/sbin/$name" --version) || said="exit code $?"
    check "sbin/$name --version says: $said" [ "$said" = "$name $(version "$build")" ] || :
done

if grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$build/CMakeCache.txt" && ! grep -q '^SNOOP_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    check "installs stripped" "$cmake" --install "$build" --strip --prefix "$work/stripped" || done_all
    for tool in "$work"/stripped/sbin/*; do
        check "$(basename "$tool"), stripped: $(stat -c %s "$tool") bytes" is_small "$tool" || :
    done
fi
done_all

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh SOURCE BUILD: programs that `cmake --install` installs run from any prefix, and are small.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
prefix=$work/prefix
most=1500000 # bytes of a tool; funclat, the largest, has a second object that measures its probes

not_installed() { ! "$cmake" --install "$1" --prefix "$work/none" >"$work/refusal" 2>&1; }
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

for file in LICENSE COPYING.bpf; do
    check "share/doc has $file" [ -s "$prefix/share/doc/snoopkit/$file" ] || :
done

unit=$prefix/lib/systemd/system/snoop@.service
drop_ins=$(cd "$source/packaging/systemd" && ls -d ./*.d/*.conf)
for file in "$unit" $(echo "$drop_ins" | sed "s|^\.|${unit%/*}|") "$prefix/etc/logrotate.d/snoopkit" \
    "$prefix/share/doc/snoopkit/examples/file.conf"; do
    check "there is ${file#"$prefix/"}" [ -s "$file" ] || :
done
sbin=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")/sbin
check "the unit runs tools of $sbin" grep -qx "ExecStart=$sbin/%i .*" "$unit" || :

if grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$build/CMakeCache.txt" && ! grep -q '^SNOOP_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    for tool in "$prefix"/sbin/*; do
        check "$(basename "$tool"): $(stat -c %s "$tool") bytes" is_small "$tool" || :
    done
fi

links_curl() { readelf -d "$prefix/sbin/$1" | grep -q 'NEEDED.*libcurl'; }
links_no_curl() { ! links_curl "$1"; }
for name in $(traced_tools); do
    check "$name does without libcurl" links_no_curl "$name" || :
done
check "snoop-export has it" links_curl snoop-export || :

# A tree that is configured, but not built.
copy_tree "$work/tree"
check "a copy is configured" configure "$work/tree" "$work/empty" || done_all
check "without tools, it is not installed" not_installed "$work/empty" || :
check "and that is said" grep -q 'execcount is not built' "$work/refusal" || :
check "nothing was installed" [ ! -e "$work/none" ] || :
done_all

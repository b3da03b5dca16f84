#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh SOURCE: a build does what has changed, and no more. Builds two additional tools in a copy of SOURCE.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
tree=$work/tree build=$work/tree/build/release # as build.tool: ccache knows the library then

# build TARGET… [-- OPTION…]
build() { "$cmake" --build "$build" --target "$@"; }

echo "== forksnoop is execsnoop's files with the name replaced, wordsnoop the same word for word"
copy_tree "$tree"
copy_tool "$tree" wordsnoop
copy_commands | grep -v '^\./dev' >"$work/commands"
check "forksnoop is copied" sh -euc 'cd "$1" && . "$2"' sh "$tree" "$work/commands" || done_all
contents "$tree" >"$work/with"
check "the build finds them" configure "$tree" "$build" || done_all
check "both are built" build forksnoop wordsnoop || done_all
said=$("$build/bin/forksnoop" --version)
check "forksnoop --version says so: $said" [ "$said" = "forksnoop $(version "$build")" ] || :
check "wordsnoop runs" "$build/bin/wordsnoop" --version || :
contents "$tree" >"$work/built"
check "the build writes nothing into the sources" diff "$work/with" "$work/built" || :

# Prints the steps that ninja would run for forksnoop, without running them. Every build first lets CMake look
# for new files; a dry run would stop there.
left() {
    sed '/^build build.ninja: RERUN_CMAKE/,/^$/d' "$build/build.ninja" >"$build/no-cmake.ninja"
    ninja=$(sed -n 's/^CMAKE_MAKE_PROGRAM:[A-Z]*=//p' "$build/CMakeCache.txt")
    "$ninja" -C "$build" -f no-cmake.ninja -n "$@" forksnoop
}
no_work() { build forksnoop | grep "no work to do"; }
newer() { find "$1" -newer "$work/stamp" | grep .; }
relinks() { left | grep "Linking CXX executable bin/forksnoop"; }
spares() { ! left | grep "$1"; }

# touched FILE: makes it newer than everything that was built, and than the stamp.
touched() {
    touch "$work/stamp"
    # If the clock ticks slower than this script runs, both have the same time at first.
    until newer "$tree/$1" >/dev/null; do touch "$tree/$1"; done
}

echo "== an unchanged tree"
check "nothing is built" no_work || left -d explain
touched README.md
check "README.md is touched: nothing is built" no_work || left -d explain

echo "== a changed header"
object=$build/bpf/forksnoop.bpf.o
touched bpf/lib/path.bpf.h
check "path.bpf.h is touched: forksnoop is built" build forksnoop || :
check "its object is new" newer "$object" || :
check "the tool is new" newer "$build/bin/forksnoop" || :
check "nothing else is left to do" no_work || left -d explain

touched include/snoop/wordsnoop.h
check "another tool's header is touched: forksnoop is left alone" spares "forksnoop" || left -d explain

# The library depends on some of these as well. Building it takes long, so this only checks which steps would run.
for header in vmlinux/vmlinux.h include/snoop/record.h include/snoop/forksnoop.h; do
    touched "$header"
    check "$header is touched: the skeleton is built" build forksnoop_skeleton || :
    check "its object is new" newer "$object" || :
    check "the tool would be linked again" relinks || left -d explain
done
done_all

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2034  # the scripts that read this one use its variables
#
# Functions that the build tests share; read by `. "$(dirname "$0")/lib.sh"`. The first argument of each script is
# the source folder; it works on a copy of it in $work, and prints "ok" or "FAIL" for each check. done_all exits
# with 1 if a check failed. $CMAKE is the cmake to use.
set -eu
source=$(cd "$1" && pwd)
cmake=${CMAKE:-cmake}
work=$(mktemp -d "${TMPDIR:-/tmp}/snoop-build-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
broken=0

ok() { echo "ok: $*"; }

fail() {
    echo "FAIL: $*"
    broken=$((broken + 1))
}

# check TEXT COMMAND…: shows the command's output only if it fails.
check() {
    what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        ok "$what"
    else
        fail "$what: $*"
        tail -n 40 "$work/said"
        return 1
    fi
}

done_all() {
    [ "$broken" = 0 ] || echo "$broken broken"
    exit $((broken > 0))
}

# Prints the project's files: those that git tracks or would track; without git, all but build trees.
project_files() {
    if [ -e "$source/.git" ]; then
        git -c safe.directory="*" -C "$source" ls-files --cached --others --exclude-standard
    else
        (cd "$source" && find . -path ./build -prune -o -type f -print | sed 's|^\./||')
    fi | sort | while IFS= read -r file; do
        # A tracked file may have been deleted.
        [ ! -f "$source/$file" ] || printf '%s\n' "$file"
    done
}

# copy_tree FOLDER: copies the project's files into it.
copy_tree() {
    mkdir -p "$1"
    project_files >"$work/files"
    tar -C "$source" -cf - -T "$work/files" | tar -C "$1" -xf -
}

# contents TREE: prints a line with the checksum of each file, except those in build.
contents() { (cd "$1" && find . -path ./build -prune -o -type f -exec cksum {} + | sort -k 3); }

# tool_files NAME: prints the files that belong to the tool NAME alone.
tool_files() {
    project_files | grep -E "^(bpf/$1(\.bpf\.c|/.*)|include/snoop/$1\.h|tools/$1/.*|tests/live/$1(_test\.cpp|/.*)|tests/unit/tools/$1/.*|docs/man/$1\.8.*|docs/hooks/$1\.md)\$"
}

# names_in VARIABLE: prints the names in a list of cmake/Tool.cmake.
names_in() { sed -n "s/^set($1 \(.*\))\$/\1/p" "$source/cmake/Tool.cmake" | tr ' ' '\n'; }

# installed_tools: prints the names of all programs that cmake/Tool.cmake installs.
installed_tools() { { traced_tools && names_in SNOOP_HELPERS; } | sort; }

# static_tools: prints the names of those that a static build installs.
static_tools() { installed_tools | grep -vxF "$(names_in SNOOP_NOT_STATIC)"; }

# traced_tools: prints the names of those that have programs of BPF.
traced_tools() {
    for program in "$source"/bpf/*.bpf.c; do
        basename "$program" .bpf.c
    done | grep -vxF "$(names_in SNOOP_NOT_INSTALLED)"
}

# copy_tool TREE NAME: copies execsnoop's files as those of a tool NAME, unchanged.
copy_tool() {
    for file in $(tool_files execsnoop); do
        copy=$1/$(echo "$file" | sed "s/execsnoop/$2/")
        mkdir -p "$(dirname "$copy")"
        cp "$1/$file" "$copy"
    done
}

# copy_commands: prints the commands of docs/adding-a-tool.md that copy execsnoop as forksnoop and write the
# documents, without the last one, which runs it.
copy_commands() {
    sed -n '/^## Start from a copy$/,/^## /s/^    //p' "$source/docs/adding-a-tool.md" | grep -v '^sudo '
}

# version BUILD: prints the project's version.
version() { sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$1/CMakeCache.txt"; }

# configure TREE BUILD [OPTION…]: configures a build without tests or optimization, which compiles fast. A later
# option overrides an earlier one.
configure() {
    tree=$1 build=$2
    shift 2
    if command -v ccache >/dev/null; then
        export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
        set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
    fi
    "$cmake" -G Ninja -S "$tree" -B "$build" -DSNOOP_TESTS=OFF -DCMAKE_BUILD_TYPE= "-DCMAKE_CXX_FLAGS=-O0 -fpch-preprocess" "$@"
}

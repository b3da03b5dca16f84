#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2034  # the scripts that read this one use its variables
#
# Functions that the build tests share; read by `. "$(dirname "$0")/lib.sh"`. Each script
# gets the source folder as its first argument, works on a copy of it in $work, and says of
# each promise "ok" or "FAIL"; done_all ends it with 1 if one of them was broken.
# $CMAKE is the cmake to use.
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

# check WHAT COMMAND…: what the command says is shown only if it fails.
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

# The files that belong to the project: what git tracks or would track, or all but build
# trees where there is no git.
project_files() {
    if [ -e "$source/.git" ]; then
        git -c safe.directory="*" -C "$source" ls-files --cached --others --exclude-standard
    else
        (cd "$source" && find . -path ./build -prune -o -type f -print | sed 's|^\./||')
    fi | sort | while IFS= read -r file; do
        # A tracked file may have been deleted a moment ago.
        [ ! -f "$source/$file" ] || printf '%s\n' "$file"
    done
}

# copy_tree FOLDER
copy_tree() {
    mkdir -p "$1"
    project_files >"$work/files"
    tar -C "$source" -cf - -T "$work/files" | tar -C "$1" -xf -
}

# contents TREE: a line for each file but those below build, with its checksum.
contents() { (cd "$1" && find . -path ./build -prune -o -type f -exec cksum {} + | sort -k 3); }

# tool_files NAME: the files of the tool NAME, and no other tool's.
tool_files() {
    project_files | grep -E "^(bpf/$1(\.bpf\.c|/.*)|include/snoop/$1\.h|tools/$1/.*|tests/live/$1(_test\.cpp|/.*)|tests/unit/tools/$1/.*|docs/man/$1\.8.*|docs/hooks/$1\.md)\$"
}

# installed_tools: the names of all tools but those that cmake/Tool.cmake does not install.
installed_tools() {
    others=$(sed -n 's/^set(SNOOP_NOT_INSTALLED \(.*\))$/\1/p' "$source/cmake/Tool.cmake")
    for program in "$source"/bpf/*.bpf.c; do
        name=$(basename "$program" .bpf.c)
        case " $others " in
        *" $name "*) ;;
        *) echo "$name" ;;
        esac
    done
}

# copy_tool TREE NAME: execsnoop's files once more, as NAME, word for word.
copy_tool() {
    for file in $(tool_files execsnoop); do
        copy=$1/$(echo "$file" | sed "s/execsnoop/$2/")
        mkdir -p "$(dirname "$copy")"
        cp "$1/$file" "$copy"
    done
}

# copy_commands: those of docs/adding-a-tool.md, which copy execsnoop as forksnoop and write the documents. Not
# the last one, which runs it.
copy_commands() {
    sed -n '/^## Start from a copy$/,/^## /s/^    //p' "$source/docs/adding-a-tool.md" | grep -v '^sudo '
}

# version BUILD: the project's.
version() { sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$1/CMakeCache.txt"; }

# configure TREE BUILD [OPTION…]: without tests, as fast to compile as can be. The last of two options counts.
configure() {
    tree=$1 build=$2
    shift 2
    if command -v ccache >/dev/null; then
        export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
        set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
    fi
    "$cmake" -G Ninja -S "$tree" -B "$build" -DSNOOP_TESTS=OFF -DCMAKE_BUILD_TYPE= "-DCMAKE_CXX_FLAGS=-O0 -fpch-preprocess" "$@"
}

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# patches.sh SOURCE: the patches of the chapters do what the text says. NN-name/exercises/X.patch,
# a solution, applies, builds, and X.sh beside it is content. NN-name/breaks/X.patch applies and
# is compiled, and the kernel refuses it with the lines of the fence ```text break=X.
# A patch begins with "Target: PROGRAM", and perhaps "Run: PROGRAM ARGUMENTS". Needs root.
# shellcheck disable=SC1090,SC1091,SC2030,SC2031,SC2154,SC2317,SC2329  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/../build/lib.sh"
tree=$work/tree build=$work/build

word() { sed -n "s/^$1: //p" "$2" | head -n 1; }

apply() { patch -d "$tree" -p1 --no-backup-if-mismatch -s "$2" <"$1"; }
built() { "$cmake" --build "$build" --target "$(word Target "$1")"; }

# while_traced PROGRAM COMMANDS: what the program prints while a shell runs the commands.
while_traced() {
    : >said.err
    # A shell has its background processes ignore SIGINT.
    # shellcheck disable=SC2086 # the words are the arguments
    env --default-signal=INT $1 >said.out 2>said.err &
    pid=$!
    until grep -q 'Ctrl-C ends' said.err; do
        kill -0 $pid 2>/dev/null || return 1
        sleep 0.05
    done
    timeout 60 sh -c "$2" </dev/null >&2
    kill -INT $pid
    wait $pid
    cat said.out
}

# solved PATCH: its own test, in a folder of its own.
solved() (
    mkdir -p "$work/run" && cd "$work/run" || exit
    PATH=$build/bin:$PATH
    fail() {
        echo "$*"
        exit 1
    }
    . "${1%.patch}.sh"
)

# The lines of the fence break=NAME in a chapter; numbers may differ.
shown() { sed -n "/^\`\`\`text break=$2\$/,/^\`\`\`\$/p" "$1" | sed '1d;$d'; }
any_number() { sed 's/[0-9][0-9]*/N/g; s/^[[:space:]]*//; s/[[:space:]]*$//'; }

# refused PATCH: the kernel says what the chapter shows, line by line.
refused() (
    name=$(basename "$1" .patch)
    chapter=$(dirname "$1")/../README.md
    shown "$chapter" "$name" | any_number >"$work/shown"
    [ -s "$work/shown" ] || { echo "$chapter shows no message for $name" && exit 1; }
    run=$(word Run "$1")
    PATH=$build/bin:$PATH
    # shellcheck disable=SC2086 # the words are the arguments
    timeout 20 ${run:-$(word Target "$1")} </dev/null >"$work/said.all" 2>&1 && { echo "it was loaded" && exit 1; }
    any_number <"$work/said.all" >"$work/said.any"
    while IFS= read -r line; do
        grep -qF -e "$line" "$work/said.any" || { echo "not said: $line" && tail -n 30 "$work/said.all" && exit 1; }
    done <"$work/shown"
)

copy_tree "$tree"
check "configures" configure "$tree" "$build" || done_all
for file in "$tree"/docs/tutorial/*/exercises/*.patch "$tree"/docs/tutorial/*/breaks/*.patch; do
    name=$(basename "$(dirname "$(dirname "$file")")")/$(basename "$file" .patch)
    check "$name: applies" apply "$file" --forward || done_all
    if check "$name: is built" built "$file"; then
        case $file in
        */exercises/*) check "$name: its test passes" solved "$file" || : ;;
        *) check "$name: is refused as the chapter says" refused "$file" || : ;;
        esac
    fi
    check "$name: can be taken back" apply "$file" -R || done_all
done
done_all

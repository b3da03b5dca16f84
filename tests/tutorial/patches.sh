#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# patches.sh SOURCE: applies and builds the patches of the chapters. NN-name/exercises/X.patch is a
# solution, and X.sh beside it must succeed. NN-name/breaks/X.patch must be refused by the kernel with the
# lines of the fence ```text break=X. A patch starts with "Target: PROGRAM", and may have
# "Run: PROGRAM ARGUMENTS". If a chapter has a folder of that name, the patch is for a copy of it, as the
# reader has in ~/ebpf-tutorial, which make builds. Otherwise it is for the sources. Needs root.
# shellcheck disable=SC1090,SC1091,SC2030,SC2031,SC2154,SC2317,SC2329  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/../build/lib.sh"
tree=$work/tree build=$work/build

word() { sed -n "s/^$1: //p" "$2" | head -n 1; }

# folder_of PATCH: prints the folder of its program in a chapter, or nothing.
folder_of() { find "$tree/docs/tutorial" -mindepth 2 -maxdepth 2 -type d -name "$(word Target "$1")"; }

apply() {
    folder=$(folder_of "$1")
    patch -d "${folder:-$tree}" -p1 -F0 --no-backup-if-mismatch -s "$2" <"$1"
}
built() {
    folder=$(folder_of "$1")
    if [ -n "$folder" ]; then make -s -C "$folder"; else "$cmake" --build "$build" --target "$(word Target "$1")"; fi
}

# while_traced PROGRAM COMMANDS: prints the program's output while a shell runs the commands.
while_traced() {
    : >said.err
    # Background processes of a shell ignore SIGINT.
    # shellcheck disable=SC2086 # word splitting is intended
    env --default-signal=INT $1 >said.out 2>said.err &
    pid=$!
    until grep -q 'press Ctrl-C to stop' said.err; do
        kill -0 $pid 2>/dev/null || return 1
        sleep 0.05
    done
    timeout 60 sh -c "$2" </dev/null >&2
    kill -INT $pid
    wait $pid || : # hello has nothing to say at the end, and dies of the signal
    cat said.out
}

# solved PATCH: runs the solution's test in an empty folder.
solved() (
    mkdir -p "$work/run" && cd "$work/run" || exit
    PATH=$(folder_of "$1"):$build/bin:$PATH
    fail() {
        echo "$*"
        exit 1
    }
    . "${1%.patch}.sh"
)

# shown CHAPTER NAME: prints the lines of the fence break=NAME. Numbers may differ.
shown() { sed -n "/^\`\`\`text break=$2\$/,/^\`\`\`\$/p" "$1" | sed '1d;$d'; }
any_number() { sed 's/[0-9][0-9]*/N/g; s/^[[:space:]]*//; s/[[:space:]]*$//'; }

# refused PATCH: the kernel's message has each line that the chapter shows.
refused() (
    name=$(basename "$1" .patch)
    chapter=$(dirname "$1")/../README.md
    shown "$chapter" "$name" | any_number >"$work/shown"
    [ -s "$work/shown" ] || { echo "$chapter has no message for $name" && exit 1; }
    run=$(word Run "$1")
    PATH=$(folder_of "$1"):$build/bin:$PATH
    # shellcheck disable=SC2086 # word splitting is intended
    timeout 20 ${run:-$(word Target "$1")} </dev/null >"$work/said.all" 2>&1 && { echo "the program was loaded" && exit 1; }
    any_number <"$work/said.all" >"$work/said.any"
    while IFS= read -r line; do
        grep -qF -e "$line" "$work/said.any" || { echo "missing line: $line" && tail -n 30 "$work/said.all" && exit 1; }
    done <"$work/shown"
)

copy_tree "$tree"
check "configures" configure "$tree" "$build" || done_all
for file in "$tree"/docs/tutorial/*/exercises/*.patch "$tree"/docs/tutorial/*/breaks/*.patch; do
    name=$(basename "$(dirname "$(dirname "$file")")")/$(basename "$file" .patch)
    check "$name: applies" apply "$file" --forward || done_all
    if check "$name: builds" built "$file"; then
        case $file in
        */exercises/*) check "$name: its test passes" solved "$file" || : ;;
        *) check "$name: is refused with the chapter's message" refused "$file" || : ;;
        esac
    fi
    check "$name: reverts" apply "$file" -R || done_all
done
done_all

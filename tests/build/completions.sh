#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# completions.sh SOURCE BUILD: completion in real bash, zsh and fish shells offers a tool's options, the words of
# a choice, users, network interfaces, files, and the command after --.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
written=$build/completions
here=$(cd "$(dirname "$0")" && pwd)

for shell in bash zsh fish; do
    command -v "$shell" >/dev/null || fail "$shell is missing: ./dev test build installs it"
done
[ "$broken" = 0 ] || done_all

mkdir "$work/here"
cd "$work/here" || exit
touch some-file

# offers SHELL "COMMAND LINE": prints the shell's offers for the last word, one on each line.
offers() {
    case $1 in
    bash) bash --norc "$here/complete.bash" "$written/bash-completion/completions" "$2" ;;
    zsh) zsh -f "$here/complete.zsh" "$written/zsh/site-functions" "$2" ;;
    fish) fish --no-config -c "source $written/fish/vendor_completions.d/${2%% *}.fish; complete -C '$2'" | cut -f1 ;;
    esac
}

# expect "COMMAND LINE" WORD…: each shell offers these words, and none that starts with a !.
expect() {
    line=$1
    shift
    for shell in bash zsh fish; do
        offers "$shell" "$line" >"$work/offered" 2>"$work/errors" || :
        for word in "$@"; do
            case $word in
            !*) check "$shell: '$line' does not offer ${word#!}" lacks "${word#!}" || cat "$work/offered" "$work/errors" ;;
            *) check "$shell: '$line' offers $word" grep -qxF -e "$word" "$work/offered" || cat "$work/offered" "$work/errors" ;;
            esac
        done
    done
}
lacks() { ! grep -qxF -e "$1" "$work/offered"; }

expect "execsnoop --ma" --max-args-bytes '!--quote'
expect "opensnoop --" --full-path --uid --output --record --help '!--generate'
expect "execcount --by " uid comm path exe parent ancestor cgroup container unit ret '!json' '!some-file'
expect "execcount --by pa" path parent '!uid'
expect "opencount --by " path dir suffix comm process user errno container unit '!json'
expect "opensnoop --probe " auto fentry kprobe raw_tp tracepoint
expect "xdpcount --mode t" tcx '!clsact'
expect "execsnoop -u ro" root
expect "funclat --uid ro" root
expect "xdpcount " lo '!some-file'
expect "openguard some-f" some-file
expect "execsnoop --replay some-f" some-file
expect "execsnoop --duration " '!some-file'
expect "execsnoop -- cat some-f" some-file '!--replay'
expect "snoop-doctor --on" --only
expect "snoop-export --otlp-" --otlp-args --otlp-queue --otlp-timeout
expect "snoop-export some-f" some-file
done_all

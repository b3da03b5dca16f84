# SPDX-License-Identifier: BSD-2-Clause
# complete.zsh FOLDER "COMMAND LINE": types the line and a tab into a zsh on a terminal, and prints each match that
# compadd accepts.
zmodload zsh/zpty
zpty shell zsh -f -i
ask() { zpty -w shell "$1"; }
ask "PS1= PS2= RPS1=; stty -echo -onlcr; unset zle_bracketed_paste; fpath=(${(q)1} \$fpath)"
ask "autoload -Uz compinit && compinit -D -u"
ask 'compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a offered
    builtin compadd -A offered "$@"
    (( $#offered )) && print -l -- OFFER:$^offered
    builtin compadd "$@"
}
finish() { print; print -- END-OF-OFFERS; exit }
comppostfuncs=(finish)
bindkey "^I" complete-word; zstyle ":completion:*" list-prompt ""; LISTMAX=9999; print READ""Y'
# read_until MARK [print]: reads the shell's lines up to this one; with `print`, prints the offers among them.
read_until() {
    local line
    while zpty -r shell line; do
        line=${line//[$'\r\n']/}
        [[ $line == *$1* ]] && return
        [[ -n $2 && $line == *OFFER:* ]] && print -r -- ${line##*OFFER:}
    done
}
read_until READY
zpty -w -n shell "$2"$'\t'
read_until END-OF-OFFERS print
zpty -d shell 2>/dev/null
true

# SPDX-License-Identifier: BSD-2-Clause
# complete.bash FOLDER "COMMAND LINE": calls the completion function as readline does, and prints its offers.
# shellcheck shell=bash disable=SC1090,SC1091
. /usr/share/bash-completion/bash_completion
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS <<<"$COMP_LINE"
[[ $COMP_LINE != *" " ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
tool=${COMP_WORDS[0]}
. "$1/$tool"
compopt() { :; } # which only works while readline completes
"_${tool//-/_}" "$tool" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]%% }"

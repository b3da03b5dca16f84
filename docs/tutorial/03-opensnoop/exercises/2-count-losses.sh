# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A page of ring has room for a dozen records. 4000 opens are shown or lost, each of them.
: >"opened$$"
said=$(while_traced miniopen "i=0
while [ \$i -lt 4000 ]; do
    i=\$((i + 1))
    : <opened$$
done")
shown=$(echo "$said" | grep -c "opened$$")
lost=$(echo "$said" | sed -n 's/^lost: //p')
[ $((shown + lost)) -ge 4000 ] || fail "$shown shown + $lost lost"

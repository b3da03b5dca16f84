# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A process that waits is traced, and opens when it may; another one opens as well.
mkfifo gate
sh -c "read -r line <gate; : >of-traced$$" &
traced=$!
said=$(while_traced "miniopen $traced" "cat /dev/null >of-another$$; echo go >gate
    until [ -e of-traced$$ ]; do sleep 0.05; done")
rm gate
echo "$said" | grep -q "of-traced$$" || fail "it does not show: $said"
echo "$said" | grep -q "of-another$$" && fail "another process shows: $said"
echo "$said" | awk -v pid="$traced" '$1 != pid { exit 1 }' || fail "$said"

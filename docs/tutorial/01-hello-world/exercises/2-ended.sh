# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A program that runs once ends once.
cp /bin/true "./ended$$"
said=$(while_traced hello "./ended$$; until grep -q ended$$ said.out; do sleep 0.01; done")
[ "$(echo "$said" | grep -c "^program ended: ended$$ ")" -eq 1 ] || fail "$said"

# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A program that runs once ends once.
cp /bin/true "./ended$$"
said=$(while_traced hello "./ended$$; sleep 0.2")
[ "$(echo "$said" | grep -c "^program ended: ended$$ ")" -eq 1 ] || fail "$said"

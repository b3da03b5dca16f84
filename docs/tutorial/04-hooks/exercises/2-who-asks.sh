# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A shell asks for its parent when it starts.
cp /bin/sh "./asks$$"
said=$(while_traced hello "./asks$$ -c :; sleep 0.2")
echo "$said" | grep -q "^program launched: asks$$ " || fail "$said"

# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# The parent of what a shell starts is that shell.
cp /bin/true "./launched$$"
said=$(while_traced hello "echo \$\$ >shell; ./launched$$; until grep -q launched$$ said.out; do sleep 0.01; done")
echo "$said" | grep -Eq "^program launched: launched$$ \\(PID=[0-9]+, PPID=$(cat shell)\\)\$" || fail "$said"

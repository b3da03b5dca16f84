# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# A program with a name of its own is executed three times; its counter says so.
cp /bin/true "./counted$$"
said=$(while_traced minicount "./counted$$; ./counted$$; ./counted$$")
echo "$said" | grep -Eq "^counted$$ +3\$" || fail "$said"

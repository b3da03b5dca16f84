# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# It is loaded; and a mode above the bound, such as 0666, leaves the path alone.
said=$(while_traced miniopen "umask 0; : >of-mode$$")
echo "$said" | grep -q "of-mode$$" || fail "$said"

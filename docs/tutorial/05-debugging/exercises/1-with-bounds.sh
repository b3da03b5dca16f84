# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# It is loaded, and cuts what is opened with a mode: only O_CREAT has one, 0666 is more than 255.
said=$(while_traced miniopen "cat /dev/null; umask 0; : >of-mode$$")
echo "$said" | grep -q "/dev/null" || fail "$said"

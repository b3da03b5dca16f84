# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# The first letter of each path shows, and no more.
said=$(while_traced miniopen "cat /dev/null")
echo "$said" | grep -Eq '^[0-9]+ +cat +/$' || fail "$said"

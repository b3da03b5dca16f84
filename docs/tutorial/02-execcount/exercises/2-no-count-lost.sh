# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# 1100 users execute a program each, and the map has room for 1024.
# shellcheck disable=SC2016 # it is the other shell that expands these
said=$(while_traced minicount 'uid=100001
while [ $uid -le 101100 ]; do
    setpriv --reuid $uid --clear-groups /bin/true
    uid=$((uid + 1))
done')
echo "$said" | grep -Eq '^no room +[0-9]+$' || fail "$said"
total=$(echo "$said" | awk '/^uid 10/ { keys++; n += $3 } /^no room/ { n += $3 } END { print n }')
[ "$(echo "$said" | grep -c '^uid')" -eq 1024 ] || fail "not 1024 users: $said"
[ "$total" -ge 1100 ] || fail "$total counted of 1100: $said"

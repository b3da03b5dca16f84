# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Ten packets to a port where nobody listens: not all of them get there, and are answered.
said=$(unshare -n sh -c 'ip link set lo up
    xdpcount lo --once -- bash -c "for i in 1 2 3 4 5 6 7 8 9 10; do echo hello > /dev/udp/127.0.0.1/53; done"' 2>&1)
echo "$said" | awk '$1 == "udp" && $3 == 10 { udp = 1 } $1 == "icmp" && $3 < 10 { icmp = 1 } END { exit !(udp && icmp) }' ||
    fail "$said"

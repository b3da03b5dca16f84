#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# units.sh SOURCE: how far the systemd units of packaging/systemd are restricted, for each tool.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"

command -v systemd-analyze >/dev/null || {
    echo "SKIP: systemd-analyze is not installed"
    [ -z "${CI:-}" ] || exit 1
    exit 77
}
mkdir -p "$work/etc/systemd/system" "$work/usr/sbin"
units=$work/etc/systemd/system
cp -r "$source"/packaging/systemd/*.service.d "$source/packaging/systemd/snoop-agent.target" "$units"
configure() { sed 's|@CMAKE_INSTALL_FULL_SBINDIR@|/usr/sbin|' "$source/packaging/systemd/$1.in"; }
configure snoop@.service >"$units/snoop@.service"
# As cmake/Tool.cmake installs it.
cp "$units/snoop@.service" "$units/snoop-agent@.service"
mkdir "$units/snoop-agent@.service.d"
configure metrics.conf >"$units/snoop-agent@.service.d/metrics.conf"
for tool in funclat openguard xdpcount; do
    cp "$units/snoop@$tool.service.d"/* "$units/snoop-agent@$tool.service.d"
done

# exposure TOOL LIMIT [UNIT]: fails if the unit's exposure, in tenths, is above the limit.
exposure() { systemd-analyze security --root="$work" --offline=true --threshold="$2" "${3:-snoop}@$1.service"; }

for tool in $(traced_tools); do
    [ "$tool" != snoop-doctor ] || continue
    check "snoop@$tool.service: the exposure is at most 2.0" exposure "$tool" 20 || :
done
for tool in execcount opencount xdpcount funclat openguard; do
    check "snoop-agent@$tool.service: the exposure is at most 2.0" exposure "$tool" 20 snoop-agent || :
    port() { sed -n 's/^Environment=METRICS=\([0-9]*\).*/\1/p' "$units/snoop-agent@$1.service.d/port.conf"; }
    check "and no other one has its port" [ "$(for other in "$units"/snoop-agent@?*.service.d; do
        port "$(expr "$other" : '.*@\(.*\)\.service')"
    done | grep -cx "$(port "$tool")")" = 1 ] || :
done
mkdir "$work/etc/systemd/system/snoop@execsnoop.service.d"
cp "$source/packaging/systemd/otlp.conf" "$work/etc/systemd/system/snoop@execsnoop.service.d"
check "with the network of otlp.conf, too" exposure execsnoop 20 || :
sed -i '/^ProtectSystem=/d; /^CapabilityBoundingSet=/d; /^SystemCallFilter=/d' "$work/etc/systemd/system/snoop@.service"
check "without some of its restrictions it is not" sh -c '! "$@"' sh systemd-analyze security --root="$work" \
    --offline=true --threshold=20 snoop@execsnoop.service || :
done_all

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The commands of ./dev that test; ./dev reads it: `. tests/commands.sh`. Those that measure are in tests/measure.sh.
# shellcheck disable=SC2154  # ./dev has the other lists of packages

vm_packages='qemu-system-x86 qemu-system-arm binutils debian-archive-keyring python3'
live_packages='tmux strace tcpdump procps iproute2 golang-go rustc musl-tools' # compilers of programs that are traced
docs_packages='mandoc python3 python3-jsonschema'
fleet_packages='openssl python3'
shell_packages='bash-completion zsh fish' # their completions are tested
copy_packages='ccache git patch binutils systemd' # build tests and exercises build copies of the tree, which differ little
oracle_packages='strace linux-perf bpftrace python3'
report_commands='node:nodejs npm:npm chromium:chromium pdftotext:poppler-utils dot:graphviz' # with packages

# Live tests need tracefs. A mount that is made for them goes away with them.
with_tracefs() {
	mounted=
	if ! as_root test -d /sys/kernel/tracing/events; then
		say 'mounting tracefs for the tests'
		as_root mount -t tracefs tracefs /sys/kernel/tracing && mounted=yes
	fi
	status=0
	"$@" || status=$?
	if [ -n "$mounted" ]; then
		say 'unmounting tracefs again'
		as_root umount /sys/kernel/tracing
	fi
	return $status
}

# test_unit [NAME]: NAME is a folder of src, a tool, a GoogleTest suite, or Suite.Test; without it, run all.
test_unit() {
	[ $# -gt 0 ] || {
		build dev unit
		say 'unit tests, under AddressSanitizer and UndefinedBehaviorSanitizer'
		ctest --test-dir build/dev -L unit --output-on-failure -j "$(nproc)"
		return
	}
	filter='*'
	program=$1
	if [ ! -d "tests/unit/$program" ] && [ ! -d "tests/unit/tools/$program" ]; then
		suite=${1%%.*}
		case $1 in
		*.*) test=${1#*.} ;;
		*) test='*' ;;
		esac
		filter="$suite.$test:$suite.$test/*:*/$suite.$test:*/$suite.$test/*"
		file=$(grep -rlE "TEST(_F|_P)?\\($suite," tests/unit | head -n 1)
		[ -n "$file" ] || fail "no unit test is called '$1'; name a folder of src, a tool, a suite or Suite.Test" 2
		case $file in
		tests/unit/*/*) program=$(basename "$(dirname "$file")") ;;
		*) program=$(basename "$file" _test.cpp) ;;
		esac
	fi
	build dev "${program}_unit_test"
	program=build/dev/bin/${program}_unit_test
	"$program" --gtest_list_tests --gtest_filter="$filter" | grep -q . || fail "no unit test is called '$1'" 2
	"$program" --gtest_brief=0 --gtest_filter="$filter"
}

test_build() {
	# shellcheck disable=SC2086 # the list is words
	need $copy_packages $docs_packages $shell_packages $fleet_packages
	build release
	say 'tests of the build itself'
	ctest --test-dir build/release -L build --output-on-failure
}

test_live() {
	# shellcheck disable=SC2086 # the list is words
	need $live_packages $fleet_packages
	build release
	build release live
	say "live tests, on kernel $(uname -r)"
	with_tracefs as_root env SNOOP_REQUIRE="${SNOOP_REQUIRE:-}" \
		ctest --test-dir build/release -L live --output-on-failure
}

test_tutorial() {
	# shellcheck disable=SC2086 # the list is words
	need $copy_packages
	build release
	build release live
	build dev tutorial_text_test
	say 'the chapters of docs/tutorial: what they quote, what they show, what they set as exercises'
	ctest --test-dir build/dev -R '^tutorial\.TutorialText' --output-on-failure &&
		with_tracefs as_root ctest --test-dir build/release -L tutorial -LE unit --output-on-failure
}

# Names of Debian's suites may follow.
test_reader() {
	need mmdebstrap git
	build release tutorial_live_test
	with_tracefs as_root tests/tutorial/as-a-user build/release/bin/tutorial_live_test "$@"
}

# Names of tests may follow.
test_fleet() {
	# shellcheck disable=SC2086 # the list is words
	need mmdebstrap iproute2 $fleet_packages
	build release
	build release bench
	with_tracefs as_root tests/fleet/run "$@"
}

# Parts of tests/report/run may follow. --quick installs no browser: what needs one is skipped, with a line, if none is
# there.
test_report() {
	commands=$report_commands
	if [ "${1:-}" = --quick ]; then
		shift
		commands=node:nodejs
	fi
	for command in $commands; do # they may be there without Debian's packages
		command -v "${command%:*}" >/dev/null || need "${command#*:}"
	done
	build release snoop-report
	say 'the page of snoop-report'
	tests/report/run "$@"
}

# How many seconds may follow.
test_soak() {
	seconds=${1:-1800}
	case $seconds in
	'' | *[!0-9]* | 0*) fail "invalid number of seconds '$seconds'" 2 ;;
	esac
	build release
	build release soak
	say "all tools for $seconds seconds, on kernel $(uname -r)"
	with_tracefs as_root env SNOOP_SOAK="$seconds" \
		ctest --test-dir build/release -L soak --output-on-failure --timeout $((seconds + 300))
	build release xdpcount_live_test
	build release openguard_live_test
	say "xdpcount --drop against random packets, openguard --enforce against attackers"
	each=$((seconds / 30 + 1))
	[ $each -le 60 ] || each=60 # ctest ends a test after two minutes
	with_tracefs as_root env SNOOP_SOAK=$each \
		ctest --test-dir build/release -R 'xdpcount\..*Fuzz|openguard\..*Attack' --output-on-failure
}

# How many seconds each attack on openguard lasts may follow, and names of kernels.
test_attackers() {
	seconds=${1:-60}
	case $seconds in
	[1-9] | [1-9][0-9] | 1[01][0-9] | 120) ;;
	*) fail "invalid number of seconds '$seconds': give 1 to 120" 2 ;;
	esac
	[ $# -eq 0 ] || shift
	build_for_vms
	tests/vm/run --build build/release --arm64-build build/arm64 --only '^openguard\..*Attack' \
		--set SNOOP_SOAK="$seconds" --timeout $((seconds * 120 + 1800)) "$@"
}

test_minute() {
	test_soak 60
}

build_for_vms() {
	# shellcheck disable=SC2086 # the list is words
	need $build_packages $vm_packages
	build release
	build release live
	build_arm64 live
}

# Names of kernels may follow; without one, all of them.
test_vm() {
	build_for_vms
	tests/vm/selftest
	tests/vm/run --build build/release --arm64-build build/arm64 "$@" &&
		tests/vm/privileges --compare build/release/vm-results.tsv build/arm64/vm-results.tsv
}

# Real programs under the tools, strace, perf and bpftrace: all workloads, or with --short a few.
test_oracle() {
	# shellcheck disable=SC2046,SC2086 # the lists are words
	need $oracle_packages $(tests/oracle/run --packages)
	build release
	tests/oracle/selftest
	with_tracefs as_root tests/oracle/run --build build/release "$@"
}

test_oracle_short() {
	test_oracle --short
}

# Names of systems may follow, after --quick.
test_distros() {
	need mmdebstrap debian-archive-keyring
	as_root env BUILD_PACKAGES="$build_packages" UNIT_PACKAGES="$dev_packages" tests/distros/run "$@"
}

test_each() {
	failed=
	for part in "$@"; do
		"test_$part" || failed="$failed $part"
	done
	[ -z "$failed" ] || fail "these tests failed:$failed"
}

run_tests() {
	part=${1:-}
	[ $# -eq 0 ] || shift
	case $part in
	unit | live | build | tutorial | reader | oracle | fleet | report | soak | vm | attackers | distros | packages | rpm | image | tarball) "test_$part" "$@" ;;
	'') test_each unit build live tutorial oracle_short minute ;; # .ci/run has the same
	all)
		export SNOOP_OPENS=10000000 # that opencount's test counts on this kernel
		test_each unit build live tutorial reader oracle fleet report minute vm distros packages rpm image tarball ;;
	*) fail "no tests are called '$part'; there are unit, live, build, tutorial, reader, oracle, fleet, report, soak, vm, attackers, distros, packages, rpm, image, tarball and all" 2 ;;
	esac
}

shell() {
	[ $# -eq 1 ] || fail 'a shell in which kernel? tests/vm/run --list names them' 2
	# shellcheck disable=SC2086 # the list is words
	need $build_packages $vm_packages
	case $1 in
	*-arm64)
		build_arm64
		tests/vm/run --arm64-build build/arm64 --shell "$1"
		;;
	*)
		build release
		tests/vm/run --build build/release --shell "$1"
		;;
	esac
}

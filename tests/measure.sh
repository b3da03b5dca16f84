#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The commands of ./dev that measure or search: fuzz, coverage, privileges, bench; ./dev reads it: `. tests/measure.sh`.
# shellcheck disable=SC2154  # ./dev and tests/commands.sh have the other lists of packages

micro_packages='libbenchmark-dev'
peer_packages='libbpf-tools bpftrace python3'

# fuzz [SECONDS [TARGET]]: all targets, or one, for so many seconds in all. Inputs that make a
# target fail are kept in build/fuzz/found, and new ones that reach more code in build/fuzz/inputs.
fuzz() {
	seconds=${1:-300}
	case $seconds in
	'' | *[!0-9]* | 0*) fail "invalid number of seconds '$seconds'" 2 ;;
	esac
	target=fuzz
	[ -z "${2:-}" ] || target=fuzz_$2
	build fuzz "$target"
	targets=${2:-$(cd tests/fuzz/corpus && echo *)}
	# shellcheck disable=SC2086 # the list is words
	set -- $targets
	each=$((seconds * $(nproc) / $#))
	[ $each -gt 0 ] || each=1
	mkdir -p build/fuzz/found build/fuzz/log
	say "fuzzing $# targets, $each seconds each: $*"
	# shellcheck disable=SC2016 # the inner shell expands it
	printf '%s\n' "$@" | xargs -I{} -P "$(nproc)" sh -c '
		mkdir -p "build/fuzz/inputs/$1"
		"build/fuzz/bin/fuzz_$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
			-close_fd_mask=3 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$1-" \
			"build/fuzz/inputs/$1" "tests/fuzz/corpus/$1" >"build/fuzz/log/$1" 2>&1 || {
			tail -n 40 "build/fuzz/log/$1" >&2
			echo "dev: $1 fails on an input in build/fuzz/found; see build/fuzz/log/$1" >&2
			exit 1
		}
		echo "dev: $1: $(sed -n "s/^stat::number_of_executed_units: *//p" "build/fuzz/log/$1") inputs" >&2
	' sh {} "$each"
}

# coverage_report: of the unit tests, and as root of the live tests, too.
coverage_report() {
	# shellcheck disable=SC2086 # the list is words
	need $live_packages
	build coverage
	build coverage unit
	folder=$PWD/build/coverage
	rm -rf "$folder/profiles"
	mkdir -m 1777 "$folder/profiles" # also for the tools that tests run as other users
	export LLVM_PROFILE_FILE="$folder/profiles/%4m.profraw"
	ctest --test-dir build/coverage -L unit -j "$(nproc)" --output-on-failure >&2 || say 'unit tests failed'
	if [ "$(id -u)" -eq 0 ]; then
		build coverage live
		with_tracefs ctest --test-dir build/coverage -L live >&2 || say 'live tests failed'
	fi
	llvm-profdata merge -sparse -o "$folder/all.profdata" "$folder"/profiles/*.profraw
	set --
	for object in "$folder"/bin/*; do
		name=${object##*/}
		# Programs that the tests trace are built without it.
		[ ! -e "tests/targets/${name%_fixed}.cpp" ] || continue
		case $object in
		*.*) ;;
		*) { [ -f "$object" ] && [ -x "$object" ]; } && set -- "$@" -object "$object" ;;
		esac
	done
	shift # the first one is named without -object
	llvm-cov show "$@" -instr-profile "$folder/all.profdata" -format html -output-dir "$folder/html" \
		-ignore-filename-regex='/(build|tests)/|^/usr/' >/dev/null
	llvm-cov report "$@" -instr-profile "$folder/all.profdata" -ignore-filename-regex='/(build|tests)/|^/usr/' \
		-show-branch-summary=false -show-region-summary=false
	say "line by line: build/coverage/html/index.html"
}

coverage() {
	# shellcheck disable=SC2086 # the list is words
	need $build_packages $peer_packages
	build release
	build release live
	with_tracefs as_root tests/live/routes/coverage --measure build/release >&2
	tests/live/routes/coverage --into docs/reports/coverage.md build/release build/arm64
}

# privileges [KERNEL...]: in the VMs, since the tests change settings of the machine.
privileges() {
	# shellcheck disable=SC2086 # the lists are words
	need $build_packages $vm_packages
	build release
	build release privileges
	build_arm64 privileges
	tests/vm/run --build build/release --arm64-build build/arm64 --only '^privileges\.' \
		--label capabilities --label privileges --timeout 3600 "$@"
	tests/vm/privileges --keep build/release/vm-results.tsv build/arm64/vm-results.tsv
}

# bench [OPTION...]: those of tests/bench/run. A whole run goes into the document.
bench() {
	case ${1:-} in
	micro | openguard | fleet)
		part=$1
		shift
		"bench_$part" "$@"
		return
		;;
	esac
	# shellcheck disable=SC2086 # the list is words
	need $build_packages $peer_packages
	build release
	build release bench
	[ $# -gt 0 ] || set -- --into docs/reports/benchmarks.md --json docs/reports/benchmarks.json
	with_tracefs as_root tests/bench/run --build build/release "$@"
}

# bench_openguard [KERNEL...]: the instructions of an open, counted by qemu.
bench_openguard() {
	# shellcheck disable=SC2086 # the list is words
	need $build_packages $vm_packages
	build release openguard
	build release bench
	tests/bench/open_cost --build build/release --into docs/reports/benchmarks.md \
		--json docs/reports/open_cost.json "$@"
}

# bench_fleet: the sizes of rows, and what they make for a fleet.
bench_fleet() {
	# shellcheck disable=SC2086 # the list is words
	need mmdebstrap iproute2 $fleet_packages
	build release
	build release bench
	with_tracefs as_root tests/fleet/run --measure
}

bench_micro() {
	# shellcheck disable=SC2086 # the list is words
	need $micro_packages
	# Configured before that was installed? Then the target is not known yet.
	[ ! -e build/release/build.ninja ] || cmake build/release >/dev/null
	build release micro
	build/release/bin/micro "$@"
}

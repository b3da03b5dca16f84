#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# open_cost.sh BIN ROUNDS: measures open(2) and close(2) with openguard and without, in the VM of tests/bench/open_cost.
# Prints "SETUP NS" for each setup of each round, in turns.
set -eu
bin=$1 rounds=$2
ready=/run/ready
top=/tmp/open_cost
deep=/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16
mkdir -p "$top/guarded$deep" "$top/free$deep"
for folder in guarded "guarded$deep" free "free$deep"; do
	: >"$top/$folder/file"
done

# measure SETUP FILE [COMMAND...]: opens the file while the command runs, which says on SNOOP_READY_FD when it is ready.
measure() {
	setup=$1 file=$top/$2/file
	shift 2
	tracer=
	[ $# -eq 0 ] || {
		mkfifo "$ready"
		SNOOP_READY_FD=9 "$@" >/dev/null 2>/run/said 9>"$ready" &
		tracer=$!
		read -r _ <"$ready" || {
			cat /run/said
			exit 1
		}
		rm "$ready"
	}
	echo | "$bin/bench/load_open" -n 500 -c 10 "$file" >/run/result
	read -r ns _ </run/result
	echo "$setup $ns"
	[ -z "$tracer" ] || {
		kill "$tracer"
		wait "$tracer" || :
	}
}

guard="$bin/openguard $top/guarded"
round=0
# shellcheck disable=SC2086 # a command is words
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	measure none free
	measure empty free "$bin/bench/attach" "$bin/bench/empty.bpf.o" lsm_file_open
	measure none_deep "free$deep"
	measure unguarded_file free $bin/openguard "$top/guarded/file"
	measure unguarded free $guard
	measure unguarded_deep "free$deep" $guard
	measure audited guarded $guard
	measure audited_deep "guarded$deep" $guard
	measure denied guarded $guard --enforce
	measure filtered guarded $guard -n nobody
done

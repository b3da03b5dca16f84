#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run_usage.sh BTF_FIELDS: wrong arguments and unreadable files, in the folder of the cases'
# objects. Each gives exit code 2, the reason on stderr and nothing on stdout.
set -eu
program=$1
failed=0

# refuses REASON ARGUMENT…
refuses() {
    reason=$1
    shift
    code=0
    out=$("$program" "$@" 2>errors) || code=$?
    echo "btf_fields $*: exit $code: $(cat errors)"
    case "$code:$out:$(cat errors)" in
    "2::"*"$reason"*) ;;
    *)
        echo "FAIL: expected exit code 2, an empty stdout and: $reason"
        failed=1
        ;;
    esac
}

echo "no BTF" >text
refuses "usage: btf_fields"
refuses "usage: btf_fields" --btf kernel.bpf.o
refuses "usage: btf_fields" --no-such-option asked.bpf.o
refuses "no/such/file: no BTF: No such file" --btf no/such/file asked.bpf.o
refuses "text: no BTF" --btf text asked.bpf.o
refuses "no/such/file: no BTF: No such file" --btf kernel.bpf.o no/such/file
refuses "text: no BTF" --btf kernel.bpf.o text
rm text errors
exit $failed

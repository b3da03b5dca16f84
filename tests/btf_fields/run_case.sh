#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run_case.sh BTF_FIELDS SOURCE: runs BTF_FIELDS on SOURCE's object, in this folder, and compares
# the output with the one in SOURCE's comment. Exit code 1 if they differ.
set -eu
program=$1 source=$2
object=$(basename "$source" .c).o

expected=$(sed -n 's/^ \* > //p; s/^ \* \(exit [0-9]*\)$/\1/p' "$source")
code=0
answer=$("$program" --btf kernel.bpf.o "$object" 2>&1) || code=$?
answer="$answer
exit $code"
echo "$program --btf kernel.bpf.o $object"
echo "$answer"
if [ "$answer" != "$expected" ]; then
    echo "FAIL: expected:"
    echo "$expected"
    exit 1
fi

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# docs.sh SOURCE BUILD: ./dev docs would not change the manual pages or the README, manual pages are valid, and
# --help fits a terminal.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
bin=$build/bin

# fits TEXT: it has at most 80 columns and no two blank lines in a row.
fits() { awk 'length > 80 || (NR > 1 && !length && !last) { print NR ": " $0; bad = 1 } { last = length } END { exit bad }' "$1"; }
finds() { ! "$@"; }

mkdir "$work/man"
check "writes the manual pages" "$source/docs/man/make-pages" "$bin" "$work/man" || done_all
installed_tools | sed 's/$/.8/' >"$work/tools"
ls "$work/man" >"$work/pages"
check "each installed tool has a manual page" diff "$work/tools" "$work/pages" || :
for page in "$work"/man/*; do
    name=$(basename "$page")
    check "docs/man/$name is up to date (else run ./dev docs)" diff -u "$source/docs/man/$name" "$page" || :
    check "$name is valid" mandoc -T lint "$page" || :
done

mkdir "$work/readme"
check "writes the README" "$source/docs/write-readme" "$bin" "$work/readme" || done_all
check "README.md is up to date (else run ./dev docs)" diff -u "$source/README.md" "$work/readme/README.md" || :

measured=$source/docs/reports/privileges.tsv
check "docs/privileges.md is what was measured (else run tests/vm/privileges)" "$source/tests/vm/privileges" --check || :
check "what was measured is as it was" "$source/tests/vm/privileges" --compare "$measured" || :

# These checks can fail: on a page that lacks an option, and on a macro that does not exist.
sed '/^\\fB\\-v\\fR/d' "$work/man/execsnoop.8" >"$work/without.8"
check "it finds a missing option" finds diff "$work/without.8" "$work/man/execsnoop.8" || :
sed '/^| \[execsnoop\]/d' "$work/readme/README.md" >"$work/without.md"
check "it finds a missing row of the README's table" finds diff "$work/without.md" "$work/readme/README.md" || :
sed 's/least=bpf+perfmon/least=bpf/' "$measured" >"$work/less.tsv"
check "it finds a tool that needs less" finds "$source/tests/vm/privileges" --compare "$work/less.tsv" || :
{ cat "$work/man/execsnoop.8" && echo .XY; } >"$work/invalid.8"
check "it finds an invalid page" finds mandoc -T lint "$work/invalid.8" || :

for name in $(installed_tools); do
    "$bin/$name" --help >"$work/help"
    check "$name --help has at most 80 columns and single blank lines" fits "$work/help" || :
done
printf 'a\n\n\nb\n' >"$work/gaps"
check "it finds two blank lines" finds fits "$work/gaps" || :
printf '%81s\n' x >"$work/wide"
check "it finds a line of 81 columns" finds fits "$work/wide" || :
done_all

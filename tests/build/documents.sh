#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# documents.sh SOURCE: the README's table lists the installed tools, each tool has a page about its hooks, and the
# pages that readers see first are short.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"

most_lines=150

# listed_tools FILE: prints the names in the first column of the table of tools.
listed_tools() { sed -n '/^| tool /,/^$/s/^| \[\([a-z-]*\)\](.*/\1/p' "$1"; }

is_short() { [ "$(wc -l <"$1")" -le "$most_lines" ]; }

installed_tools | sort >"$work/installed"
listed_tools "$source/README.md" | sort >"$work/listed"
check "the README's table has the installed tools" diff "$work/installed" "$work/listed" || :

grep -v '^| \[xdpcount\]' "$source/README.md" >"$work/without.md"
listed_tools "$work/without.md" | sort >"$work/listed"
check "a tool that is not in the table is noticed" [ "$(comm -23 "$work/installed" "$work/listed")" = xdpcount ] || :

traced_tools >"$work/traced"
while read -r name; do
    check "$name has docs/hooks/$name.md" [ -s "$source/docs/hooks/$name.md" ] || :
done <"$work/traced"

for file in README.md docs/architecture.md; do
    check "$file has at most $most_lines lines" is_short "$source/$file" || :
done
done_all

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# limits.sh SOURCE: each line of LIMITS in openguard(8) has a test that shows it, whose comment is that line.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"

# limits_of PAGE: prints the items of LIMITS, one in a line, without the formatting.
limits_of() {
    sed -n '/^\.SH LIMITS/,/^@options@/p' "$1" | awk '
        function add(text) { item = item (item == "" ? "" : " ") text }
        function put() { if (item != "") print item; item = "" }
        /^\.IP / { put(); in_list = 1; next }
        /^@/ { put() }
        /^\.B / { add($2); next }
        /^\.BR / { add($2 $3); next }
        in_list { add($0) }' | sed 's/\\-/-/g'
}

# comments_of SOURCE...: prints the comment of each test that has one, in one line.
comments_of() {
    awk '
        /^\/\/ / { comment = comment (comment == "" ? "" : " ") substr($0, 4); next }
        /^TEST_(P\(Limits|F\(OpenguardExcepted), / && comment != "" { print comment }
        { comment = "" }' "$@"
}

page=$source/docs/man/openguard.8.in
limits_of "$page" | sort >"$work/limits"
comments_of "$source/tests/live/openguard/limits.cpp" "$source/tests/live/openguard/excepted.cpp" | sort >"$work/tests"
check "openguard(8) lists limits" [ -s "$work/limits" ] || :
check "each limit has its test" diff "$work/limits" "$work/tests" || :

sed 's/^Root, who can.*/&\n.IP \\(bu 2\nNobody tests this./' "$page" >"$work/page"
limits_of "$work/page" | sort >"$work/limits"
check "a limit without a test is noticed" [ "$(comm -23 "$work/limits" "$work/tests")" = "Nobody tests this." ] || :
done_all

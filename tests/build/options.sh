#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# options.sh SOURCE BUILD: what --help, the manual page and the README say of a tool's
# options is the same: none is missing in one of them, and none is made up.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)

# The long options in a text.
options() { grep -oE -e '--[a-z]+(-[a-z]+)*' | sort -u; }
chapter() { sed -n "/^## $1\$/,/^## /p" "$source/README.md"; }
listed() { ! comm -23 "$1" "$2" | grep .; }

for name in $(installed_tools); do
    "$build/bin/$name" --help | sed -n '/^Options/,/^Examples/p' | options >"$work/help"
    # The README has a chapter for each tool, and its options in a table there. One that
    # refers to the common options has these as well.
    chapter "$name" >"$work/chapter"
    ! grep -q '(#common-options)' "$work/chapter" || chapter 'Common options' >>"$work/chapter"
    grep '^|' "$work/chapter" | options >"$work/readme"
    sed -n '/^\.SH OPTIONS/,/^\.SH ENV/p' "$source/docs/man/$name.8" | sed 's/\\-/-/g' | grep '^\.B' |
        options >"$work/man"
    check "$name: the README has each option of --help" listed "$work/help" "$work/readme" || :
    check "$name: the README makes up none" listed "$work/readme" "$work/help" || :
    check "$name: the manual page has each option of --help" listed "$work/help" "$work/man" || :
    check "$name: the manual page makes up none" listed "$work/man" "$work/help" || :
done
done_all

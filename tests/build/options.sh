#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# options.sh SOURCE BUILD: --help and the manual page of each tool have the same options.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)

# The long options in a text.
options() { grep -oE -e '--[a-z]+(-[a-z]+)*' | sort -u; }
listed() { ! comm -23 "$1" "$2" | grep .; }

for name in $(installed_tools); do
    "$build/bin/$name" --help | sed -n '/^Options/,/^Examples/p' | options >"$work/help"
    sed -n '/^\.SH OPTIONS/,/^\.SH ENV/p' "$source/docs/man/$name.8" | sed 's/\\-/-/g' | grep '^\.B' |
        options >"$work/man"
    check "$name: the manual page has each option of --help" listed "$work/help" "$work/man" || :
    check "$name: the manual page makes up none" listed "$work/man" "$work/help" || :
done
done_all

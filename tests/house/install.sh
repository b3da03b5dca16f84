#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh SOURCE BUILD: what `cmake --install` puts below a prefix runs from there.
# shellcheck disable=SC1091,SC2154,SC2317  # house.sh has the variables, its check() the calls
. "$(dirname "$0")/house.sh"
build=$(cd "$2" && pwd)
prefix=$work/prefix

check "installs below $prefix" "$cmake" --install "$build" --prefix "$prefix" || done_all
for name in $(installed "$build"); do
    said=$("$prefix/sbin/$name" --version) || said="exit code $?"
    check "sbin/$name --version says: $said" [ "$said" = "$name $(version "$build")" ] || :
done
check "hello is not installed" [ ! -e "$prefix/sbin/hello" ] || :
done_all

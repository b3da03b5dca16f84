#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh SOURCE BUILD: what `cmake --install` puts below a prefix runs from there.
# shellcheck disable=SC1091,SC2154,SC2317  # house.sh has the variables, its check() the calls
. "$(dirname "$0")/house.sh"
build=$(cd "$2" && pwd)
prefix=$work/prefix

check "installs below $prefix" "$cmake" --install "$build" --prefix "$prefix" || done_all
for program in "$source"/bpf/*.bpf.c; do
    name=$(basename "$program" .bpf.c)
    said=$("$prefix/sbin/$name" --version) || said="exit code $?"
    check "sbin/$name --version says: $said" [ "$said" = "$name $(version "$build")" ] || :
done
done_all

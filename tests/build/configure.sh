#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# configure.sh SOURCE: for a tool that lacks a file, CMake's error names the file. BPF programs are built without
# root and without the kernel's BTF.
# shellcheck disable=SC1091,SC2154,SC2317  # lib.sh has the variables, its check() the calls
. "$(dirname "$0")/lib.sh"
tree=$work/tree build=$work/build

echo "== a tool without one of its files"
copy_tree "$tree"

# refused FILE: CMake's error names FILE if it is missing.
refused() {
    if configure "$tree" "$build"; then
        return 1
    fi >"$work/refusal" 2>&1
    # CMake wraps its messages.
    tr -s ' \n' ' ' <"$work/refusal" | grep -F "The tool forksnoop lacks $1:"
}

for missing in bpf/forksnoop.bpf.c tools/forksnoop/main.cpp tests/live/forksnoop_test.cpp docs/man/forksnoop.8.in; do
    copy_tool "$tree" forksnoop
    rm "$tree/$missing"
    check "without $missing: configuring fails and names it" refused "$missing" || cat "$work/refusal"
done
copy_tool "$tree" forksnoop
check "with all of them it succeeds" configure "$tree" "$build" || :
rm -rf "$build"

echo "== skeletons without root and without /sys/kernel/btf"
# unprivileged COMMAND…: runs it as nobody, with an empty /sys/kernel/btf.
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$work"
    mkdir "$work/nobody"
    chown -R nobody "$tree" "$work/nobody"
    build=$work/nobody/build
    export HOME="$work/nobody"
    hide='[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf'
    drop="setpriv --reuid nobody --regid $(id -g nobody) --clear-groups --inh-caps -all --no-new-privs"
    if unshare --mount sh -c "$hide" 2>"$work/said"; then
        unprivileged() { unshare --mount sh -c "$hide; exec $drop \"\$@\"" sh "$@"; }
        check "/sys/kernel/btf is hidden" unprivileged [ ! -e /sys/kernel/btf/vmlinux ] || :
    else
        echo "note: no mount namespace here ($(cat "$work/said")): /sys/kernel/btf stays as it is"
        unprivileged() { $drop "$@"; }
    fi
else
    echo "note: not root: /sys/kernel/btf stays as it is"
    unprivileged() { "$@"; }
fi
who=$(unprivileged id -un)
check "runs as $who" [ "$who" != root ] || :
check "configures" unprivileged "$cmake" -G Ninja -S "$tree" -B "$build" -DSNOOP_TESTS=OFF || done_all
check "builds the skeletons" unprivileged "$cmake" --build "$build" --target skeletons || done_all
for program in "$tree"/bpf/*.bpf.c; do
    name=$(basename "$program" .bpf.c)
    check "$name.skel.h is there" [ -s "$build/gen/$name.skel.h" ] || :
done
done_all

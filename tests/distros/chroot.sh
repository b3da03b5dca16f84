#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Chroots of Debian's suites, for the tests that read this file: `. tests/distros/chroot.sh`. They are kept in the
# cache. Needs root and mmdebstrap.
# shellcheck disable=SC2016  # the shell inside a chroot expands what is quoted
chroots=${XDG_CACHE_HOME:-$HOME/.cache}/snoopkit/distros

# make_root SUITE NAME VARIANT PACKAGES: prints the chroot of that name, which is made anew after a month, or for other
# packages. Suites that no longer change have lists that have expired.
make_root() {
	root=$chroots/$2
	[ -z "$(find "$root/.complete" -mtime +30 2>/dev/null)" ] || rm -rf "$root"
	[ "$(cat "$root/.complete" 2>/dev/null)" = "$4" ] || {
		rm -rf "$root"
		mkdir -p "$chroots"
		mmdebstrap --variant="$3" --aptopt='Acquire::Check-Valid-Until "false"' \
			--include="$4" "$1" "$root" >"$chroots/$2.log" 2>&1 || {
			tail -n 5 "$chroots/$2.log" >&2
			return 1
		}
		echo "$4" >"$root/.complete"
	}
	echo "$root"
}

# with_mounts ROOT COMMAND...: runs it, while ROOT has the kernel's file systems. They are mounted in a namespace of
# its own, so that no mount is left behind.
with_mounts() {
	unshare --mount --propagation private sh -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --rbind /sys "$root/sys" &&
		exec "$@"' with_mounts "$@"
}

# copy_sources FOLDER: copies the files that are not ignored to a new folder.
copy_sources() {
	rm -rf "$1"
	mkdir -p "$1"
	git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
		tar --null -T - --ignore-failed-read -cf - 2>/dev/null | tar -C "$1" -xf -
}

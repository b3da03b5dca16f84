#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The commands of ./dev that make and test packages; ./dev reads it: `. packaging/commands.sh`.
# shellcheck disable=SC2086,SC2154  # the lists are words, and ./dev has the other ones

deb_packages='build-essential debhelper dpkg-dev git po-debconf python3'
rpm_packages='rpm git'
tarball_packages='git xz-utils binutils'
image_packages='podman runc'
repo_packages='reprepro gnupg'

# package [KIND [FOLDER]]: of the commit that is checked out, for this machine; tarballs for arm64, too.
package() {
	kind=${1:-deb}
	folder=${2:-build/packages}
	case $kind in
	deb | rpm | tarball | image) "package_$kind" ;;
	*) fail "no kind of package is called '$kind'; there are deb, rpm, tarball and image" 2 ;;
	esac
}

package_deb() {
	need $build_packages $deb_packages
	packaging/build-deb "$folder" >&2
}

package_rpm() {
	need $build_packages $rpm_packages
	packaging/build-rpm "$folder" >&2
}

package_tarball() {
	need $build_packages $static_packages $tarball_packages
	cmake/simdjson-source >/dev/null
	presets=static
	if [ "$(uname -m)" = x86_64 ]; then
		need $arm64_packages
		cmake/arm64-sysroot >/dev/null
		presets="static static-arm64"
	fi
	packaging/build-tarball "$folder" $presets >&2
}

# The tarball that the image holds: of this commit, for this machine. Makes it if there is none.
image_tarball() {
	tarball=$folder/snoopkit-$(packaging/version)-linux-$(uname -m).tar.xz
	[ -e "$tarball" ] || package_tarball
}

# In podman's storage of the user who calls it.
package_image() {
	need $image_packages
	image_tarball
	packaging/build-image "$tarball" "snoopkit:$(packaging/version | tr '~' -)" >&2
}

# repo DIR KEY: see packaging/repo.
repo() {
	[ $# -eq 2 ] || fail "usage: ./dev repo DIR KEY" 2
	ls build/packages/snoopkit_*.deb >/dev/null 2>&1 || fail "no packages in build/packages: run ./dev package" 2
	need $repo_packages
	packaging/repo build/packages "$1" "$2"
}

# Names of Debian's suites may follow: without one, this system's. Other suites' packages are in build/packages-SUITE.
test_packages() {
	need lintian mmdebstrap $repo_packages
	# shellcheck disable=SC1091 # a file of the system
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	for suite in "${@:-$own}"; do
		folder=build/packages
		if [ "$suite" = "$own" ]; then
			package deb "$folder"
			packaging/test-sbom "$folder"
			packaging/test-repo "$folder"
			packaging/test-reproducible deb "$folder"
		else
			folder=build/packages-$suite
			as_root env BUILD_PACKAGES="$build_packages $deb_packages" packaging/build-deb-for "$suite" "$folder"
		fi
		lintian --allow-root --pedantic --fail-on warning,error "$folder"/*.changes
		as_root packaging/test-deb "$folder" "$suite"
		as_root packaging/test-units "$folder" "$suite"
	done
}

test_rpm() {
	need mmdebstrap rpmlint
	package rpm
	as_root packaging/test-rpm build/packages
}

test_image() {
	folder=build/packages
	need $image_packages
	image_tarball
	as_root packaging/test-image "$tarball"
}

# The static tarballs of the commit that is checked out. Names of kernels may follow.
test_tarball() {
	need $vm_packages
	package tarball
	packaging/test-reproducible tarball build/packages
	as_root packaging/test-tarball build/packages
	tests/vm/tarball build/packages "$@"
}

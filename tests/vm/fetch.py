# SPDX-License-Identifier: BSD-2-Clause
"""Kernels and user-land programs from Debian's packages, kept in a cache outside the tree.

    cache = Cache()
    image = cache.kernel(kernel)         # .vmlinuz, .package, .version; OutOfReach if there is no way
    folder = cache.root("arm64")         # a folder with the files of [root] arm64
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from aptget import DAY, Apt, AptError, Source, system_mirror
from kernels import TABLE

IMAGE_FILE = re.compile(r"\./(boot/vmlinuz-|usr/lib/modules/[^/]+/vmlinuz)")


class OutOfReach(Exception):
    pass


@dataclass
class Image:
    package: str
    version: str
    vmlinuz: str


def sources(suite):
    for line in TABLE["suites"][suite]:
        archive, suite = line.split()
        if archive == "archive":
            yield Source("http://archive.debian.org/debian", suite, old=True)
        else:
            yield Source(system_mirror(archive), suite)


def extract_image(deb, target):
    """Writes the kernel's image file out of a package to target; False if it holds none."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            for member in tar:
                if member.isfile() and IMAGE_FILE.match(member.name):
                    with open(target, "wb") as out:
                        shutil.copyfileobj(tar.extractfile(member), out)
                    process.kill()      # what follows is of no use, and large
                    return True
    return False


class Cache:
    def __init__(self):
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.folder = Path(base) / "snoopkit" / "vm"
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def lock(self):
        """One process at a time changes the cache."""
        with open(self.folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _apt(self, suite, arch):
        return Apt(self.folder / "apt" / f"{suite}-{arch}", arch, sources(suite))

    def kernel(self, kernel):
        """The newest image that matches; an older one from the cache if its suite is out of reach."""
        folder = self.folder / "kernels" / kernel.id
        record = folder / "image.json"
        cached = Image(**json.loads(record.read_text())) if record.exists() else None
        if cached and time.time() - record.stat().st_mtime < DAY:
            return cached
        with self.lock():
            try:
                image = self._newest(kernel, folder, cached)
            except (AptError, OutOfReach) as error:
                if cached:
                    return cached
                raise OutOfReach(str(error)) from None
            record.write_text(json.dumps(asdict(image), indent=4) + "\n")
        return image

    def _newest(self, kernel, folder, cached):
        apt = self._apt(kernel.suite, kernel.arch)
        complaint = apt.update()
        failure = f"nothing in {kernel.suite} matches {kernel.package}. {complaint}".strip()
        for fields in reversed(apt.packages(kernel.package)):
            if cached and (cached.package, cached.version) == (fields["Package"], fields["Version"]):
                return cached
            try:
                return self._image(apt, fields, folder)
            except AptError as error:
                # A suite at its end still lists kernels whose files are gone: take the next older.
                if "404" not in str(error):
                    raise
                failure = str(error)
        raise OutOfReach(failure)

    @staticmethod
    def _image(apt, fields, folder):
        package, version = fields["Package"], fields["Version"]
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"vmlinuz-{version}"
        with tempfile.TemporaryDirectory(dir=folder) as debs:
            # From 7.x on the image file is in linux-binary-VERSION, which linux-image-VERSION needs.
            binary = re.findall(r"\b(linux-binary-[^\s,]+) \(=", fields.get("Depends", ""))
            for deb in apt.download([f"{name}={version}" for name in [package, *binary]], debs):
                if extract_image(deb, f"{debs}/image"):
                    os.replace(f"{debs}/image", target)
                    break
            else:
                raise OutOfReach(f"no image file in {package} {version}")
        for old in folder.glob("vmlinuz-*"):
            if old != target:
                old.unlink()
        return Image(package, version, str(target))

    def root(self, arch):
        """A folder with the files of [root]'s packages for arch and of all that they need."""
        suite = TABLE["root"]["suite"]
        folder = self.folder / "root" / arch
        with self.lock():
            try:
                self._apt(suite, arch).unpack(TABLE["root"][arch].split(), folder)
            except AptError as error:
                raise OutOfReach(str(error)) from None
        return folder

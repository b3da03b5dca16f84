# SPDX-License-Identifier: BSD-2-Clause
"""Downloads kernels and programs from Debian's packages into a cache outside the tree.

    cache = Cache()
    image = cache.kernel(kernel)         # .vmlinuz, .package, .version; OutOfReach if it cannot be downloaded
    modules = cache.modules(kernel)      # .release, .files: those of kernels.toml and what they need
    folder = cache.root("arm64")         # a folder with the files of [root] arm64
"""

import contextlib
import fcntl
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "cmake"))

from debian_packages import DAY, Apt, AptError, Source, system_mirror  # noqa: E402
from kernels import TABLE  # noqa: E402

IMAGE_FILE = re.compile(r"\./(boot/vmlinuz-|usr/lib/modules/[^/]+/vmlinuz)")
MODULE_FILE = re.compile(r"\./(?:usr/)?lib/modules/([^/]+)/(?:.*/)?([^/]+)\.ko(\.xz)?$")


class OutOfReach(Exception):
    pass


@dataclass
class Image:
    package: str
    version: str
    vmlinuz: str


@dataclass
class Modules:
    version: str = ""       # of the image's package
    wanted: tuple = ()      # names
    release: str = ""       # `uname -r`
    files: tuple = ()       # uncompressed, in the order in which they can be loaded


def sources(suite):
    for line in TABLE["suites"][suite]:
        archive, suite = line.split()
        if archive == "archive":
            yield Source("http://archive.debian.org/debian", suite, old=True)
        else:
            yield Source(system_mirror(archive), suite)


def extract_image(deb, target):
    """Writes the kernel image of a package to `target`. Returns False if it has none."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            for member in tar:
                if member.isfile() and IMAGE_FILE.match(member.name):
                    with open(target, "wb") as out:
                        shutil.copyfileobj(tar.extractfile(member), out)
                    process.kill()      # what follows is of no use, and large
                    return True
    return False


def read_modules(deb, names):
    """Returns (release, {name: bytes}) of those of these modules that a package has."""
    release, found = "", {}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            for member in tar:
                match = MODULE_FILE.match(member.name)
                if match and member.isfile() and match[2].replace("-", "_") in names:
                    release, data = match[1], tar.extractfile(member).read()
                    found[match[2].replace("-", "_")] = lzma.decompress(data) if match[3] else data
    return release, found


def needs(module):
    """Returns the names of the modules that a module needs, from "depends=" in .modinfo."""
    match = re.search(rb"(?:^|\0)depends=([^\0]*)\0", module)
    return [name.decode().replace("-", "_") for name in match[1].split(b",") if name] if match else []


def load_order(modules):
    """Returns the names of modules (a dict of bytes), each after those that it needs."""
    order = []

    def add(name):
        if name in modules and name not in order:
            for other in needs(modules[name]):
                add(other)
            order.append(name)

    for name in modules:
        add(name)
    return order


class Cache:
    def __init__(self):
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.folder = Path(base) / "snoopkit" / "vm"
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def lock(self):
        """Lets one process at a time change the cache."""
        with open(self.folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _apt(self, suite, arch):
        return Apt(self.folder / "apt" / f"{suite}-{arch}", arch, sources(suite))

    def kernel(self, kernel):
        """Returns the newest image that matches, or an older one from the cache if the suite cannot be reached."""
        folder = self.folder / "kernels" / kernel.id
        record = folder / "image.json"
        cached = Image(**json.loads(record.read_text())) if record.exists() else None
        whole = cached and self._has_modules(kernel, cached.version)
        if whole and time.time() - record.stat().st_mtime < DAY:
            return cached
        with self.lock():
            try:
                image = self._newest(kernel, folder, cached if whole else None)
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
                # A suite without support still lists kernels whose files are gone: take the next older one.
                if "404" not in str(error):
                    raise
                failure = str(error)
        raise OutOfReach(failure)

    def modules(self, kernel):
        """Returns the image that the last kernel() left in the cache."""
        record = self.folder / "kernels" / kernel.id / "modules.json"
        return Modules(**json.loads(record.read_text())) if record.exists() else Modules()

    def _has_modules(self, kernel, version):
        modules = self.modules(kernel)
        return (modules.version, list(modules.wanted)) == (version, TABLE["modules"])

    @staticmethod
    def _keep_modules(debs, version, folder):
        # A module may be compiled in, and in no package. If it is missing altogether, tests fail.
        release, modules, missing = "", {}, list(TABLE["modules"])
        while missing:
            found = {}
            for deb in debs:
                its_release, some = read_modules(deb, missing)
                release, found = its_release or release, found | some
            modules |= found
            missing = {name for one in found.values() for name in needs(one)} - modules.keys()
        place = folder / f"modules-{version}"
        place.mkdir(exist_ok=True)
        files = [place / f"{name}.ko" for name in load_order(modules)]
        for file in files:
            file.write_bytes(modules[file.stem])
        record = Modules(version, TABLE["modules"], release, [str(file) for file in files])
        (folder / "modules.json").write_text(json.dumps(asdict(record), indent=4) + "\n")
        for old in folder.glob("modules-*"):
            if old != place:
                shutil.rmtree(old)

    def _image(self, apt, fields, folder):
        package, version = fields["Package"], fields["Version"]
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"vmlinuz-{version}"
        with tempfile.TemporaryDirectory(dir=folder) as debs:
            # From 7.x on, linux-image-VERSION depends on linux-binary-VERSION, which has the image, and on
            # linux-modules-VERSION.
            parts = re.findall(r"\b(linux-(?:binary|modules)-[^\s,]+) \(=", fields.get("Depends", ""))
            packages = apt.download([f"{name}={version}" for name in [package, *parts]], debs)
            for deb in packages:
                if extract_image(deb, f"{debs}/image"):
                    os.replace(f"{debs}/image", target)
                    break
            else:
                raise OutOfReach(f"no image file in {package} {version}")
            self._keep_modules(packages, version, folder)
        for old in folder.glob("vmlinuz-*"):
            if old != target:
                old.unlink()
        return Image(package, version, str(target))

    def root(self, arch):
        """Returns a folder with the files of the packages of [root] for `arch` and of their dependencies."""
        suite = TABLE["root"]["suite"]
        folder = self.folder / "root" / arch
        with self.lock():
            try:
                self._apt(suite, arch).unpack(TABLE["root"][arch].split(), folder)
            except AptError as error:
                raise OutOfReach(str(error)) from None
        return folder

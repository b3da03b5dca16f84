# SPDX-License-Identifier: BSD-2-Clause
"""Builds an initramfs of programs, with their libraries, at the same absolute paths as on the host.

    tree = Tree("arm64", [sysroot, packages_root])
    tree.program("/home/me/build/bin/execsnoop")    # and its ELF interpreter and shared libraries
    tree.text("/etc/hostname", "vm\\n")
    tree.write("initramfs.cpio")

It is not compressed: unpacking takes an emulated CPU longer than it takes qemu to copy it.
"""

import os
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TRIPLET = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
MERGED = ("bin", "sbin", "lib", "lib64")        # /bin is usr/bin and so on, as on every Debian
FOLDERS = ("dev", "etc", "home", "proc", "root", "run", "sys", "usr/bin", "usr/sbin", "usr/lib",
           "usr/lib64", "var")


@dataclass
class Elf:
    interpreter: str | None
    needed: list            # names of shared libraries
    runpath: list           # folders the file itself names
    debug: bool

    @classmethod
    def of(cls, path):
        text = subprocess.run(["readelf", "-W", "-S", "-l", "-d", path], text=True, capture_output=True,
                              env={**os.environ, "LC_ALL": "C"}).stdout
        interpreter = re.search(r"Requesting program interpreter: ([^]]+)\]", text)
        runpath = ":".join(re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", text))
        runpath = runpath.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(Path(path).parent))
        return cls(interpreter and interpreter[1], re.findall(r"\(NEEDED\).*\[(.*)\]", text),
                   [folder for folder in runpath.split(":") if folder], " .debug_info " in text)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


class Tree:
    def __init__(self, arch, roots):
        self.roots = [str(root).rstrip("/") for root in roots]
        self.strip = f"{TRIPLET[arch]}-strip"
        self.library_home = f"/lib/{TRIPLET[arch]}"
        self.library_folders = [f"{usr}/lib{sub}" for usr in ("/usr/local", "", "/usr")
                                for sub in (f"/{TRIPLET[arch]}", "", "64")]
        self.entries = {}       # path without leading slash -> (mode, bytes or the host's path)
        for name in MERGED:
            self.link(f"/{name}", f"usr/{name}")
        for folder in FOLDERS:
            self.folder(folder)
        self.folder("tmp", 0o1777)

    @staticmethod
    def inside(path):
        parts = [part for part in PurePosixPath(os.path.normpath(path)).parts if part != "/"]
        if parts[0] in MERGED and len(parts) > 1:
            parts.insert(0, "usr")
        return "/".join(parts)

    def folder(self, path, mode=0o755):
        path = self.inside(path)
        for parent in reversed([str(p) for p in PurePosixPath(path).parents][:-1]):
            self.entries.setdefault(parent, (stat.S_IFDIR | 0o755, b""))
        self.entries.setdefault(path, (stat.S_IFDIR | mode, b""))

    def _add(self, path, mode, content):
        path = self.inside(path)
        if "/" in path:
            self.folder(str(PurePosixPath(path).parent))
        self.entries[path] = (mode, content)

    def link(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def text(self, path, text, mode=0o644):
        self._add(path, stat.S_IFREG | mode, text.encode())

    def file(self, path, source=None):
        """Adds a file of the host (source; default: the same path) as `path`; a folder with its contents."""
        source = str(source or path)
        if os.path.isdir(source):
            self.folder(path)
            for name in sorted(os.listdir(source)):
                self.file(f"{path}/{name}", f"{source}/{name}")
        elif os.access(source, os.X_OK) and is_elf(source):
            self.program(path, source)
        else:
            # Readable for the users that tests switch to, whatever the umask of the checkout.
            self._add(path, stat.S_IFREG | stat.S_IMODE(os.stat(source).st_mode) | 0o444, source)

    def program(self, path, source=None):
        source = str(source or path)
        if self.holds(path):
            return
        self._add(path, stat.S_IFREG | 0o755, source)
        if not is_elf(source):
            return
        elf = Elf.of(source)
        if elf.debug and os.path.getsize(source) > 4 << 20:
            # DWARF is nine tenths of a build tree. Of small programs, which are traced, tests need it.
            self._add(path, stat.S_IFREG | 0o755, self._without_debug(source))
        if elf.interpreter:
            self.program(elf.interpreter, self._find(elf.interpreter, [""], source))
        for name in elf.needed:
            own = [f"{folder}/{name}" for folder in elf.runpath if os.path.exists(f"{folder}/{name}")]
            if own:
                self.program(own[0])
            else:
                # A loader without a cache looks only here.
                self.program(f"{self.library_home}/{name}", self._find(name, self.library_folders, source))

    def _without_debug(self, source):
        with tempfile.NamedTemporaryFile() as slim:
            subprocess.run([self.strip, "-g", "-o", slim.name, source], check=True)
            return Path(slim.name).read_bytes()

    def _find(self, name, folders, user):
        for root in self.roots:
            for folder in folders:
                place = f"{root}{folder}/{name}" if folder else root + name
                if os.path.exists(place):
                    return place
        raise FileNotFoundError(f"{name}, which {user} needs, is nowhere in {self.roots}")

    def holds(self, path):
        return self.inside(path) in self.entries

    def has(self, name):
        """Returns the paths of the program of this name, (in the VM, here), or None."""
        for root in self.roots:
            for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"):
                if os.path.exists(f"{root}{folder}/{name}"):
                    return f"{folder}/{name}", f"{root}{folder}/{name}"
        return None

    def write(self, target):
        """Writes a cpio archive in "newc" format; root owns all files."""
        with open(f"{target}.new", "wb") as out:
            for number, (path, (mode, content)) in enumerate(sorted(self.entries.items()), 1):
                if isinstance(content, str):
                    content = Path(content).read_bytes()
                self._record(out, path, mode, content, number)
            self._record(out, "TRAILER!!!", 0, b"", 0)
        os.replace(f"{target}.new", target)

    @staticmethod
    def _record(out, path, mode, content, number):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        out.write(b"\0" * (-(110 + len(name)) % 4) + content + b"\0" * (-len(content) % 4))

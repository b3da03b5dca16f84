# SPDX-License-Identifier: BSD-2-Clause
"""Makes the file system in which a kernel runs tests: programs, users, modules, init, and the tests themselves.

    make_initramfs(Cache(), kernels, "build/release", tests, {"tests": groups}, "/tmp/initramfs.cpio")
"""

import os
from pathlib import Path

import boot
import ctests
from initramfs import Tree
from kernels import TABLE

PASSWD = """root:x:0:0:root:/root:/bin/sh
alice:x:1000:1000::/home/alice:/bin/sh
bob:x:1001:1001::/home/bob:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\nalice:x:1000:\nbob:x:1001:\nnogroup:x:65534:\n"


def make_initramfs(cache, kernels, build, tests, lists, target):
    """Writes the file system of the kernels, all of one architecture. lists: file name to groups of tests."""
    arch = kernels[0].arch
    packages = cache.root(arch)
    # A program gets the libraries that it was linked with: this system's, or the sysroot's.
    sysroot = ctests.cache_variable(build, "CMAKE_SYSROOT") if arch != boot.HOST_ARCH else "/"
    tree = Tree(arch, [sysroot, packages] if sysroot else [packages])
    tree.program("/usr/bin/busybox", tree.has("busybox")[1])
    for name in TABLE["programs"]:
        place, source = tree.has(name) or (None, None)
        if place and os.path.basename(os.path.realpath(source)) != "busybox":
            tree.program(place, source)
    for path in TABLE["files"]:
        for source in [f"{root}{path}" for root in tree.roots if os.path.exists(f"{root}{path}")][:1]:
            tree.file(path, source)
    if not tree.holds("/bin/sh"):
        tree.link("/bin/sh", "dash" if tree.has("dash") else "busybox")
    tree.text("/etc/passwd", PASSWD)
    tree.text("/etc/group", GROUP)
    tree.text("/etc/hostname", "vm\n")
    tree.text("/etc/hosts", "127.0.0.1 localhost vm\n::1 localhost\n")
    tree.text("/etc/profile", f'export PATH="{build}/bin:$PATH" PS1=\'\\h:\\w# \'\n')
    for modules in map(cache.modules, kernels):
        for file in modules.files:
            tree.file(f"/lib/modules/{modules.release}/{os.path.basename(file)}", file)
        tree.text(f"/lib/modules/{modules.release}/order",
                  "".join(f"{os.path.basename(file)}\n" for file in modules.files))
    tree.file("/init", Path(__file__).parent / "init")
    ctests.fill(tree, tests, lists, build, TABLE["environment"])
    tree.write(target)

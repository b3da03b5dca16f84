# SPDX-License-Identifier: BSD-2-Clause
"""A load of execs that nothing else on the machine makes."""
import os
import shutil
import subprocess

from server import folder, work

COMM = f"exec{os.getpid()}"


class Execs(subprocess.Popen):
    """Executes a program called COMM `count` times; count is a multiple of 1000."""

    def __init__(self, count):
        self.count = count
        program = shutil.copy(work / "bin" / "bench" / "nothing", folder() / COMM)
        super().__init__([f"{work}/bin/bench/load_exec", "-n", "1000", "-c", str(count // 1000), program, "x"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.stdin.write("\n")
        self.stdin.close()

    def end(self):
        with self:
            _, count, failed = self.stdout.read().split()
        if (count, failed) != (str(self.count), "0"):
            raise AssertionError(f"{failed} of {count} execs failed")

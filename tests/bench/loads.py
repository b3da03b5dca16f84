# SPDX-License-Identifier: BSD-2-Clause
"""Loads that stay: each run of one is a line to it and a line back (load.h)."""

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    ns: float           # a call
    calls: int
    failed: int


class Load:
    def __init__(self, folder, program, *arguments, processes=1, calls=1000, chunks=60):
        self.process = subprocess.Popen([f"{folder}/{program}", "-j", str(processes), "-n", str(calls),
                                         "-c", str(chunks), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        line = self.process.stdout.readline().split()
        if len(line) != 3:
            raise RuntimeError(f"{self.process.args} failed")
        return Result(float(line[0]), int(line[1]), int(line[2]))

    def run(self):
        self.begin()
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

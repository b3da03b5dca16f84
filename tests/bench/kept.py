# SPDX-License-Identifier: BSD-2-Clause
"""What a row costs that --keep holds, and one that is not printed at all: opensnoop, at a steady rate of opens."""

import subprocess

from outputs import RATE
from tools import OURS, Running, Tool, cpu_ns_of, lost_of, resident_kib_of

KIND = "keep"
SECONDS, ROUNDS = 10, 5
# With -F, user space compares paths: it reads each row before it leaves it out. {}: the file.
OPTIONS = [("-F", "--path", "!{}"), ("-F",), ("-F", "--keep", "64M"), ("-o", "json"), ("-o", "json", "--keep", "64M")]


def name_of(options):
    return " ".join(options).replace("!{}", "'!FILE'")


def keep(bench):
    """The options take turns, so that what else the machine does is the same for all."""
    for r in range(min(ROUNDS, bench.rounds)):
        for options in OPTIONS:
            name = name_of(options)
            bench.say(f"keep, {name}, round {r + 1}")
            words = [f"{bench.build}/bin/opensnoop", "-n", "load_paced", *(word.format(bench.file) for word in options)]
            measure_one(bench, name, Tool(OURS, "open", words), 2 if bench.quick else SECONDS)


def measure_one(bench, name, tool, seconds):
    with Running(tool) as running:
        before = cpu_ns_of(running.pid)
        made = int(subprocess.run([f"{bench.folder}/load_paced", str(RATE), str(seconds), str(bench.file)],
                                  capture_output=True, text=True, check=True).stdout)
        figures = {"µs": (cpu_ns_of(running.pid) - before) / made / 1e3, "MiB": resident_kib_of(running.pid) / 1024}
        figures["lost"] = lost_of(tool, running.stop()) or 0
    for figure, value in figures.items():
        bench.add(KIND, f"{name}: {figure}", OURS, value)

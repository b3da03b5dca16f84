# SPDX-License-Identifier: BSD-2-Clause
"""What funclat and its peers show of a function that measures itself with its own clock."""

import json
import re
import subprocess

from tools import BPFTRACE, LIBBPF_TOOLS, OURS, Running, Tool, package_file

KIND = "calls"
WORKS_NS = (200, 1000, 5000, 20000, 100000)
GROSS = "snoopkit --gross"

BPFTRACE_PROGRAM = ("uprobe:{0} {{ @start[tid] = nsecs; }} uretprobe:{0} /@start[tid]/ "
                    "{{ @avg = avg(nsecs - @start[tid]); delete(@start[tid]); }}")


def tools(build, alone):
    target = f"{build}/bin/bench/own_clock:own_clock_work"
    funclat = (f"{build}/bin/funclat", "-o", "json")
    found = [Tool(OURS, KIND, (*funclat, target)), Tool(GROSS, KIND, (*funclat, "--gross", target))]
    peers = [(LIBBPF_TOOLS, package_file("libbpf-tools", "funclatency"), (target,)),
             (BPFTRACE, package_file("bpftrace", "bpftrace"), ("-e", BPFTRACE_PROGRAM.format(target)))]
    return found + [Tool(who, KIND, (program, *options)) for who, program, options in peers if program and not alone]


def average_ns(who, out):
    """The average that a tool shows. libbpf-tools' shows none: that of the middles of its slots."""
    if who == BPFTRACE:
        return int(re.search(r"@avg: (\d+)", out)[1])
    if who != LIBBPF_TOOLS:
        return json.loads(re.search(r"^{.*}$", out, re.M)[0])["avg"]
    slots = [tuple(map(int, slot)) for slot in re.findall(r"^\s*(\d+) -> (\d+)\s*: (\d+)", out, re.M)]
    return sum((low + high) / 2 * count for low, high, count in slots) / sum(count for _, _, count in slots)


def run(tool, program):
    """The output of the tool and of the program. Ours and bpftrace start the program themselves."""
    if tool.who == LIBBPF_TOOLS:
        with Running(tool, subprocess.PIPE) as running:
            truth = subprocess.run(program, check=True, capture_output=True, text=True).stdout
            running.stop()
            return truth + running.process.stdout.read().decode()
    command = ("-c", " ".join(program)) if tool.who == BPFTRACE else ("--", *program)
    return subprocess.run((*tool.command, *command), check=True, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True).stdout


def own_clock(bench):
    """ns that a tool's average is above that of the program's own clock, in the same run."""
    for r in range(bench.rounds):
        bench.say(f"funclat, own clock, round {r + 1} of {bench.rounds}")
        for work in WORKS_NS:
            calls = max(300, min(3000, 60_000_000 // work)) // (4 if bench.quick else 1)
            for tool in tools(bench.build, bench.alone):
                out = run(tool, (f"{bench.folder}/own_clock", str(work), str(calls)))
                truth = int(re.search(r"^(\d+)$", out, re.M)[1])
                bench.add(KIND, f"own clock, {work}", tool.who, truth)
                bench.add(KIND, f"error, {work}", tool.who, average_ns(tool.who, out) - truth)

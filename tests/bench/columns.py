# SPDX-License-Identifier: BSD-2-Clause
"""What options and the counting tools cost in the programs, for one open and one exec."""

import contextlib

from tools import OURS, Running, Tool

KIND = "columns"
TOOLS = {
    "open": (("opensnoop",), ("opensnoop", "--errno", "!ENOENT"), ("opensnoop", "--container-column"),
             ("opensnoop", "--ancestors"), ("opensnoop", "-o", "json"), ("opencount", "--by", "comm"),
             ("opencount", "--by", "path"), ("opencount", "--by", "container")),
    "exec": (("execsnoop",), ("execsnoop", "--exit"), ("execsnoop", "--tree"), ("execsnoop", "--ancestors"),
             ("execsnoop", "--env", "PATH"), ("execsnoop", "--env-diff"), ("execsnoop", "-o", "json"),
             ("execcount",), ("execcount", "--by", "exe")),
}


def columns(bench, stats):
    """ns in the programs an event, as the kernel itself counts them. stats: the file that has it count."""
    before = stats.read_text()
    stats.write_text("1")
    try:
        with contextlib.ExitStack() as stack:
            for kind, tools in TOOLS.items():
                load = bench.loads_of(kind, stack)["one core"]
                for r in range(bench.rounds):
                    bench.say(f"{kind}, columns, round {r + 1} of {bench.rounds}")
                    for words in tools:
                        tool = Tool(OURS, kind, (f"{bench.build}/bin/{words[0]}", *words[1:]))
                        with Running(tool) as running:
                            ns, _ = running.programs()
                            calls = load.run().calls
                            bench.add(KIND, kind, " ".join(words), (running.programs()[0] - ns) / calls)
    finally:
        stats.write_text(before)

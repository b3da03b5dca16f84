# SPDX-License-Identifier: BSD-2-Clause
"""How each figure is taken. Rounds go from tool to tool, so that a change of the machine meets them all."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from columns import columns
from kept import keep
from loads import Load
from moments import count_in, first_event, head, latencies, sigterm
from outputs import outputs
from own_clock import own_clock
from tools import BPFTRACE, OURS, Running, Tool, lost_of, tools_of

STATS = Path("/proc/sys/kernel/bpf_stats_enabled")
NOBODY = "65533"        # a user who does nothing
KINDS = ("open", "exec")


class Bench:
    """What was measured: values[kind, figure][who], a list with a number for each round."""

    def __init__(self, build, rounds, quick, alone=False):
        self.folder = f"{build}/bin/bench"
        self.build, self.rounds, self.quick, self.alone = build, rounds, quick, alone
        self.tools = {kind: tools_of(kind, build)[:1 if alone else None] for kind in KINDS}
        self.values = {}
        self.scratch = Path(tempfile.mkdtemp(prefix="snoop-bench-", dir="/dev/shm"))
        self.file = self.scratch / "snoop-opened"
        self.file.write_text("")

    def close(self):
        shutil.rmtree(self.scratch)

    def add(self, kind, figure, who, value):
        self.values.setdefault((kind, figure), {}).setdefault(who, []).append(value)

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def turns(self, kind, rounds, what):
        """Each tool in each round, another one first each time."""
        for r in range(rounds):
            self.say(f"{kind}snoop, {what}, round {r + 1} of {rounds}")
            tools = self.tools[kind]
            yield from tools[r % len(tools):] + tools[:r % len(tools)]

    def load(self, program, *arguments, **options):
        return Load(self.folder, program, *arguments, **options)

    def loads_of(self, kind, stack):
        """The loads for the time that a tool adds, by figure."""
        little = 4 if self.quick else 1
        nothing = f"{self.folder}/nothing"

        def load(program, *arguments, calls, chunks, processes=1):
            return stack.enter_context(self.load(program, *arguments, processes=processes, calls=calls,
                                                 chunks=chunks // little))
        loads = {"getppid": load("load_getppid", calls=10000, chunks=60)}
        if kind == "exec":
            return loads | {"one core": load("load_exec", nothing, "word", calls=10, chunks=60),
                            "all cores": load("load_exec", nothing, "word", calls=10, chunks=60, processes=0),
                            "64 KiB of arguments": load("load_exec", nothing, "x65536", calls=10, chunks=40)}
        deep = self.scratch / "/".join(["directory-of-a-long-path"] * 20)
        deep.mkdir(parents=True, exist_ok=True)
        (deep / "file").write_text("")
        return loads | {"one core": load("load_open", self.file, calls=1000, chunks=60),
                        "all cores": load("load_open", self.file, calls=1000, chunks=60, processes=0),
                        "failing": load("load_open", self.scratch / "none", calls=1000, chunks=60),
                        "path of 500 bytes": load("load_open", deep / "file", calls=500, chunks=40)}


# ---- time added -------------------------------------------------------------------------


def time_added(bench, kind):
    """ns that a call takes longer with the tool than right before and after, and what the tool uses meanwhile."""
    with contextlib.ExitStack() as stack:
        loads = bench.loads_of(kind, stack)

        def without():
            return {name: load.run().ns for name, load in loads.items()}
        for tool in bench.turns(kind, bench.rounds, "time added"):
            before, on = without(), {}
            with Running(tool) as running:
                for name, load in loads.items():
                    cpu = running.cpu_ns()
                    result = load.run()
                    on[name] = result.ns
                    if name == "one core":
                        time.sleep(0.2)     # what is still on its way
                        bench.add(kind, "reader", tool.who, (running.cpu_ns() - cpu) / result.calls / 1e3)
                bench.add(kind, "resident", tool.who, running.resident_kib() / 1024)
                bench.add(kind, "maps", tool.who, running.maps_bytes() / 1e6)
            after = without()
            for name in loads:
                off = (before[name] + after[name]) / 2
                bench.add(kind, f"without, {name}", tool.who, off)
                bench.add(kind, f"added, {name}", tool.who, on[name] - off)


def filtered(bench):
    """The same of opensnoop with a filter that nothing passes, and of an empty program on its hook."""
    ours = bench.tools["open"][0]
    with Running(ours) as running:
        hooks = running.program_names()
    hook = next(name for name in ("open_fexit", "on_any_exit", "on_any_exit_raw", "on_any_exit_perf", "open_tracepoint")
                if name in hooks)
    empty = Tool(OURS, "open", (f"{bench.folder}/attach", f"{bench.folder}/empty.bpf.o", hook))
    variants = {"empty program": empty, "-p": ours.having("-p", str(os.getpid())), "-u": ours.having("-u", NOBODY),
                "-n": ours.having("-n", "no-such-name")}
    with bench.load("load_open", bench.file, calls=1000, chunks=20 if bench.quick else 60) as load:
        for r in range(bench.rounds):
            bench.say(f"opensnoop, filters, round {r + 1} of {bench.rounds}")
            for name, tool in variants.items():
                before = load.run().ns
                with Running(tool):
                    on = load.run().ns
                bench.add("open", "filtered", name, on - (before + load.run().ns) / 2)
    return hook


HOOKS = ("tracepoint", "raw_tracepoint", "tp_btf", "fentry", "fexit", "kprobe", "kretprobe", "uprobe", "uretprobe")


def hooks(bench):
    """ns that an empty program on each kind of hook adds to getppid(); None where the kernel refuses the hook."""
    with bench.load("load_getppid", calls=2000, chunks=20 if bench.quick else 60) as load:
        for r in range(bench.rounds):
            bench.say(f"hooks, round {r + 1} of {bench.rounds}")
            for name in HOOKS:
                tool = Tool(OURS, "hook", (f"{bench.folder}/attach", f"{bench.folder}/empty.bpf.o", name))
                before, added = load.run().ns, None
                with contextlib.suppress(RuntimeError), Running(tool):
                    added = load.run().ns
                bench.add("hook", "added", name, added and added - (before + load.run().ns) / 2)


def run_time(bench, kind):
    """ns in the programs an event, as the kernel itself counts them."""
    before = STATS.read_text()
    STATS.write_text("1")
    try:
        with contextlib.ExitStack() as stack:
            load = bench.loads_of(kind, stack)["one core"]
            for tool in bench.turns(kind, min(3, bench.rounds), "time in the programs"):
                with Running(tool) as running:
                    ns, _ = running.programs()
                    events = load.run().calls
                    bench.add(kind, "run_time", tool.who, (running.programs()[0] - ns) / events)
    finally:
        STATS.write_text(before)


# ---- nothing is lost --------------------------------------------------------------------


def wait_for_rest(path):
    """Until a file does not grow any more."""
    size, since, end = -1, time.monotonic(), time.monotonic() + 60
    while time.monotonic() < end and time.monotonic() - since < 1:
        if path.stat().st_size != size:
            size, since = path.stat().st_size, time.monotonic()
        time.sleep(0.05)


def full_rate(bench):
    """Opens on all CPUs as fast as they go: how many are shown, said to be lost, lost."""
    rows = bench.scratch / "rows"
    with bench.load("load_open", bench.file, processes=0, calls=1000, chunks=50 if bench.quick else 1000) as load:
        for tool in bench.turns("open", min(3, bench.rounds), "full rate on all CPUs"):
            with open(rows, "wb") as out, Running(tool, out) as running:
                made = load.run().calls
                wait_for_rest(rows)
                said = lost_of(tool, running.stop())
            shown = count_in(rows, bytes(bench.file))
            rows.unlink()
            for figure, value in (("made", made), ("shown", shown), ("said lost", said), ("lost", made - shown)):
                bench.add("open", f"full rate, {figure}", tool.who, value)


# ---- when nothing happens ---------------------------------------------------------------


def idle(bench, kind):
    """Wake-ups a second of a tool that has nothing to show. bpftrace's tools have no filter."""
    seconds = 2 if bench.quick else 5
    with subprocess.Popen(["sleep", "1000"]) as sleeper:
        option = ("-u", NOBODY) if kind == "exec" else ("-p", str(sleeper.pid))
        for tool in bench.turns(kind, min(3, bench.rounds), "idle"):
            if tool.who == BPFTRACE:
                continue
            with Running(tool.having(*option)) as running:
                before = running.status("voluntary_ctxt_switches")
                time.sleep(seconds)
                bench.add(kind, "idle", tool.who, (running.status("voluntary_ctxt_switches") - before) / seconds)
        sleeper.kill()


def maps_of_all(bench):
    """MB of kernel memory in the maps of each tool of the kit, as it starts without options."""
    found = {}
    for program in sorted(Path(__file__).parents[2].glob("bpf/*.bpf.c")):
        name = program.name.removesuffix(".bpf.c")
        tool = Tool(OURS, name, (f"{bench.build}/bin/{name}",))
        with contextlib.suppress(RuntimeError, OSError), Running(tool) as running:
            found[name] = running.maps_bytes() / 1e6
    return found


def measure(bench, only=None):
    """Takes all figures, or those whose name matches. Returns the facts that are not a number for each round."""
    facts = {}
    steps = [(f"{kind} {step.__name__}", step, kind) for kind in KINDS
             for step in (time_added, run_time, first_event, idle, head, sigterm)]
    for name, step, kind in steps:
        if not only or only.search(name):
            step(bench, kind)
    for name, step in (("open full_rate", full_rate), ("open latency", lambda b: latencies(b, False)),
                       ("open latency flood", lambda b: latencies(b, True))):
        if not only or only.search(name):
            step(bench)
    if not only or only.search("open filtered"):
        facts["hook"] = filtered(bench)
    if not only or only.search("hooks"):
        hooks(bench)
    if not only or only.search("calls own_clock"):
        own_clock(bench)
    if not only or only.search("columns"):
        columns(bench, STATS)
    if not only or only.search("outputs"):
        outputs(bench)
    if not only or only.search("keep"):
        keep(bench)
    if not only or only.search("maps"):
        facts["maps of all tools"] = maps_of_all(bench)
    return facts

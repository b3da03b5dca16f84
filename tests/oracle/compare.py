# SPDX-License-Identifier: BSD-2-Clause
"""Holds the rows of execsnoop and opensnoop against a trace of strace, field by field."""

import json
from collections import Counter, defaultdict

from strace import OPENS

AT_FDCWD = -100
STRACE_NAMES = {"FASYNC": "O_ASYNC"}  # names of one flag


def rows(output):
    """{event: [row, ...]} of JSON Lines, among lines that are not JSON."""
    found = defaultdict(list)
    for line in output.splitlines():
        if line.startswith(b'{"event":'):
            row = json.loads(line)
            found[row["event"]].append(row)
    return found


def by_thread(events, key, threads):
    found = {thread: [] for thread in threads}
    for row in sorted(events, key=lambda row: row["ts_ns"]):
        if row[key] in found:
            found[row[key]].append(row)
    return found


def files(events, calls):
    """The paths of execs. An exec by descriptor has none; the tool's name of the file stands for it."""
    paths = [call["path"] for call in calls]
    for index, (row, call) in enumerate(zip(events, calls)):
        if call["name"] == "execveat" and call["path"] == "" and call["errno"] is None:
            paths[index] = row["filename"]
    return paths


class Comparison:
    """Counts compared values, and collects what differs."""

    def __init__(self):
        self.compared = 0
        self.different = []

    def check(self, what, ours, truth):
        self.compared += 1
        if ours != truth:
            self.different.append(f"{what}: {ours!r}, strace: {truth!r}")

    def execs(self, events, trace):
        for thread, of in by_thread(events, "old_tid", trace.execs).items():
            calls = trace.execs[thread]
            self.check(f"execs of thread {thread}", [row["filename"] for row in of], files(of, calls))
            for row, call in zip(of, calls):
                self.one_exec(row, call, trace)

    def one_exec(self, row, call, trace):
        where = f"exec of {call['path']} by {row['old_tid']}"
        self.check(f"{where}: errno", row["errno"], call["errno"])
        if not row["interp"]:  # the kernel has put the interpreter in front of the arguments of a script
            self.check(f"{where}: args", row["args"], call["args"])
        self.check(f"{where}: pid", row["pid"], trace.process.get(row["old_tid"], row["pid"]))
        parent = trace.parents.get(row["pid"])
        if parent and trace.ended.get(parent, float("inf")) > call["time"]:
            self.check(f"{where}: ppid", row["ppid"], parent)

    def counts(self, events):
        """Successful execs of each path, by execcount, whose command is execsnoop: one exec more."""
        ours = Counter({row["key"]: row["count"] for row in events["count"]})
        truth = Counter(row["filename"] for row in events["exec"] if row["ret"] == 0)
        self.check("paths that execcount has and execsnoop has not", [key.rpartition("/")[2] for key in ours - truth],
                   ["execsnoop"])
        self.check("paths that execsnoop has and execcount has not", dict(truth - ours), {})

    def opens(self, events, trace):
        events = [row for row in events if row["via"] in OPENS]
        for thread, of in by_thread(events, "tid", trace.opens).items():
            calls = trace.opens[thread]
            self.check(f"opens of thread {thread}", [row["path"] for row in of], [call["path"] for call in calls])
            for row, call in zip(of, calls):
                self.one_open(row, call, trace)

    def one_open(self, row, call, trace):
        where = f"{call['name']} of {call['path']} by {row['tid']}"
        self.check(f"{where}: call", row["via"], call["name"])
        # A process that is killed while strace holds it at the call makes no call: the kernel says ENOSYS, strace "?".
        if call["result"] != "?" or call["errno"]:
            self.check(f"{where}: errno", row["errno"], call["errno"])
        if call["result"] not in ("?", "-1"):
            self.check(f"{where}: descriptor", row["fd"], int(call["result"]))
        if call.get("flags"):
            self.check(f"{where}: flags", set(row["flags"]), {STRACE_NAMES.get(name, name) for name in call["flags"].split("|")})
        if call.get("mode"):
            self.check(f"{where}: mode", int(row["mode"] or "0", 8), int(call["mode"], 8))
        if call.get("dirfd"):
            self.check(f"{where}: dirfd", row["dirfd"], AT_FDCWD if call["dirfd"] == "AT_FDCWD" else int(call["dirfd"]))
        self.check(f"{where}: pid", row["pid"], trace.process.get(row["tid"], row["pid"]))

    def peers(self, events, trace, perf, bpftrace):
        """Successful execs against perf, and the number of opens of each thread against bpftrace."""
        for process in trace.parents:
            ours = [row["filename"] for row in events["exec"] if row["pid"] == process and row["ret"] == 0]
            self.check(f"execs of process {process}, against perf", ours, perf.get(process, []))
        ours = defaultdict(lambda: [0, 0])
        for row in events["open"]:
            if row["via"] in OPENS:
                ours[row["tid"]][row["ret"] < 0] += 1
        for thread in trace.opens:
            self.check(f"opens and failed opens of thread {thread}, against bpftrace",
                       tuple(ours[thread]), bpftrace.get(thread, (0, 0)))

# SPDX-License-Identifier: BSD-2-Clause
"""What `strace -ff -ttt -xx` wrote of one command: execs, opens and parents, by thread."""

import re
from dataclasses import dataclass, field
from pathlib import Path

OPENS = ("open", "openat", "openat2", "creat")
EXECS = ("execve", "execveat")
FORKS = ("clone", "clone3", "fork", "vfork")

OPTIONS = ("-ff", "-ttt", "-xx", "--pidns-translation", "-s", "2097152",
           "-e", "trace=" + ",".join(OPENS + EXECS + FORKS), "-e", "signal=none")

# 1795786108.446589 execve("\x2f", ["\x6c"], 0x7ffe /* 37 vars */) = -1 ENOENT (No such file or directory)
CALL = re.compile(r"(?P<time>\d+\.\d+) (?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+|\?)"
                  r"(?: (?P<errno>E\w+) \(.*)?(?: /\* (?P<translated>\d+) in strace's PID NS \*/)?$")
SUPERSEDES = re.compile(r"\d+\.\d+ (?P<name>execve(?:at)?)\((?P<arguments>.*?) <pid changed to (?P<pid>\d+) \.\.\.>$")
UNFINISHED = re.compile(r"(?P<time>\d+\.\d+) (?P<name>\w+)\((?P<arguments>.*?) <unfinished \.\.\.>\) += \?$")
ENDED = re.compile(r"(\d+\.\d+) \+\+\+ (?:exited with|killed by)")
# The second one is of a process that was killed before strace could ask which call it is in.
NO_CALL = re.compile(r"\+\+\+ superseded by execve|\?\?\?\( <detached \.\.\.>$")
STRING = r'"(?:\\x[0-9a-f]{2})*"'
POINTER = r"0x[0-9a-f]+|NULL"
ARGUMENTS = {
    "execve": rf"(?P<path>{STRING}|{POINTER}), (?P<args>\[.*\]|{POINTER}), ",
    "execveat": rf"(?P<dirfd>[-\w]+), (?P<path>{STRING}|{POINTER}), (?P<args>\[.*\]|{POINTER}), ",
    "open": rf"(?P<path>{STRING}|{POINTER}), (?P<flags>[^,]+)(?:, (?P<mode>\w+))?$",
    "openat": rf"(?P<dirfd>[-\w]+), (?P<path>{STRING}|{POINTER}), (?P<flags>[^,]+)(?:, (?P<mode>\w+))?$",
    "openat2": rf"(?P<dirfd>[-\w]+), (?P<path>{STRING}|{POINTER}), "
               r"(?:{flags=(?P<flags>[^,}]+)(?:, mode=(?P<mode>\w+))?[^}]*}|0x[0-9a-f]+|NULL), \d+$",
    "creat": rf"(?P<path>{STRING}|{POINTER}), (?P<mode>\w+)$",
}


@dataclass
class Trace:
    """execs and opens: {thread: [call, ...]} in their order; a call is a dictionary with the keys of ARGUMENTS."""
    execs: dict = field(default_factory=dict)
    opens: dict = field(default_factory=dict)
    parents: dict = field(default_factory=dict)  # process: process
    ended: dict = field(default_factory=dict)  # thread: time in seconds
    process: dict = field(default_factory=dict)  # thread: process; without a thread whose clone() was cut short


def text(string):
    """The bytes of a string, as the tools' JSON has them; None for a pointer that leads nowhere."""
    if not string.startswith('"'):
        return None
    return bytes.fromhex(string[1:-1].replace("\\x", "")).decode("utf-8", "replace")


def parse_arguments(name, arguments):
    found = re.match(ARGUMENTS[name], arguments)
    if not found:
        raise ValueError(f"strace wrote arguments that are not understood: {name}({arguments})")
    call = {"name": name, **found.groupdict()}
    call["path"] = text(call["path"])
    if name in EXECS:
        call["args"] = [text(string) for string in re.findall(STRING, call["args"])]
    return call


def read(folder):
    """The traces that strace wrote into a folder as t.THREAD."""
    trace = Trace()
    superseded = {}  # process: (thread, call) of an exec whose result is in the process's own file
    files = sorted(Path(folder).glob("t.*"), key=lambda file: int(file.suffix[1:]))
    lines = {int(file.suffix[1:]): file.read_text().splitlines() for file in files}
    first = min((thread for thread in lines if lines[thread]), key=lambda thread: lines[thread][0])
    trace.process[first] = first
    forks = []  # (time, thread, child, arguments)
    for thread, of in lines.items():
        trace.execs[thread], trace.opens[thread] = [], []
        for line in of:
            if found := SUPERSEDES.match(line):
                trace.process[thread] = int(found["pid"])
                superseded[int(found["pid"])] = (thread, parse_arguments(found["name"], found["arguments"]))
    for thread, of in lines.items():
        for line in of:
            read_line(trace, thread, line, superseded, forks)
    for _, thread, child, arguments in sorted(forks):
        process = trace.process.get(thread, thread)
        if "CLONE_THREAD" in arguments:
            trace.process[child] = process
        else:
            trace.process[child] = child
            trace.parents[child] = trace.parents.get(process) if "CLONE_PARENT" in arguments else process
    return trace


def read_line(trace, thread, line, superseded, forks):
    if found := ENDED.match(line):
        trace.ended[thread] = float(found[1])
    elif re.match(r"\d+\.\d+ <\.\.\. execve(at)? resumed>", line):
        old, call = superseded.pop(thread)
        trace.execs[old].append({**call, "time": float(line.split(" ", 1)[0]), "errno": None})
    elif found := CALL.match(line) or UNFINISHED.match(line):
        name, result = found["name"], found.groupdict().get("result")
        if name in FORKS:
            if result and result != "?" and int(result) > 0:
                forks.append((float(found["time"]), thread, int(found["translated"] or result), found["arguments"]))
            return
        call = {**parse_arguments(name, found["arguments"]), "time": float(found["time"]),
                "errno": found.groupdict().get("errno"), "result": result}
        (trace.execs if name in EXECS else trace.opens)[thread].append(call)
    elif not SUPERSEDES.match(line) and not NO_CALL.search(line):
        raise ValueError(f"strace wrote a line that is not understood: {line}")

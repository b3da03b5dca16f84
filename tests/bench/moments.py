# SPDX-License-Identifier: BSD-2-Clause
"""When a row shows: latencies, the first event, and what a pipe or a file has of it."""

import contextlib
import mmap
import os
import select
import signal
import subprocess

from tools import Running

MARK = b"/snoop-mark/"


def count_in(path, word):
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            count, at = 0, text.find(word)
            while at >= 0:
                count, at = count + 1, text.find(word, at + 1)
            return count


def latencies(bench, flood):
    """ms from an open to its row in a pipe; none came within a second: 1000."""
    name = "latency in a flood" if flood else "latency"
    count, period = (5, 50) if bench.quick else (20, 50)
    for tool in bench.turns("open", min(5, bench.rounds), name):
        with contextlib.ExitStack() as stack:
            running = stack.enter_context(Running(tool, subprocess.PIPE))
            if flood:
                stack.enter_context(bench.load("load_open", bench.file, calls=1000, chunks=1000)).begin()
            answer = subprocess.run([f"{bench.folder}/latency", str(count), str(period), "1000"],
                                    stdin=running.process.stdout, capture_output=True, text=True, check=True).stdout
            for ns in map(float, answer.split()):
                bench.add("open", name, tool.who, ns / 1e6 if ns >= 0 else 1000)
            running.process.kill()      # its pipe may be full


def make_event(bench, kind):
    if kind == "exec":
        subprocess.run([f"{bench.folder}/nothing", MARK.decode()], check=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.open(MARK, os.O_RDONLY)


def head(bench, kind):
    """How many events have to happen until `head -1` has its line."""
    most = 300
    for tool in bench.turns(kind, 1, "first line in a pipe"):
        with Running(tool, subprocess.PIPE) as running:
            read, pipe, events = b"", running.process.stdout.fileno(), 0
            while MARK not in read and events < most:
                make_event(bench, kind)
                events += 1
                while MARK not in read and select.select([pipe], [], [], 0.05)[0]:
                    read += os.read(pipe, 1 << 16)
            bench.add(kind, "head", tool.who, events)
            running.process.kill()


def sigterm(bench, kind):
    """Of 100 rows, how many are in the file after SIGTERM."""
    for tool in bench.turns(kind, 1, "SIGTERM"):
        rows = bench.scratch / "rows"
        with open(rows, "wb") as out, Running(tool, out) as running:
            for _ in range(100):
                make_event(bench, kind)
            running.stop(signal.SIGTERM)
        bench.add(kind, "sigterm", tool.who, count_in(rows, MARK))
        rows.unlink()


def first_event(bench, kind):
    """ms from right before the tool's start to the first event that it shows."""
    for tool in bench.turns(kind, bench.rounds, "start"):
        answer = subprocess.run([f"{bench.build}/bin/first_event", "1", kind, *tool.command], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        bench.add(kind, "start", tool.who, float(answer))

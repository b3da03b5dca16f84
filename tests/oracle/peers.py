# SPDX-License-Identifier: BSD-2-Clause
"""perf and bpftrace beside the tools, for the whole machine: successful execs, and numbers of opens."""

import json
import re
import signal
import subprocess
from collections import defaultdict

from strace import OPENS

PERF_LINE = re.compile(r"sched:sched_process_exec: filename=(.*) pid=(\d+) old_pid=\d+$")
BPFTRACE_PROGRAM = (",".join(f"tracepoint:syscalls:sys_exit_{name}" for name in OPENS) +
                    " { @[tid, args->ret < 0] = count(); } BEGIN { printf(\"ready\\n\"); }")


class Peers:
    """`with Peers(folder) as peers: run(); peers.stop(); peers.execs; peers.opens`"""

    def __init__(self, folder):
        self.data = folder / "perf.data"
        self.execs, self.opens = {}, {}

    def __enter__(self):
        # perf writes "Events enabled" once --delay=-1 and its control descriptor say so; a FIFO needs no waiting.
        control, acknowledge = self.data.with_suffix(".control"), self.data.with_suffix(".acknowledge")
        for fifo in (control, acknowledge):
            subprocess.run(("mkfifo", fifo), check=True)
        self.perf = subprocess.Popen(("perf", "record", "-q", "-a", "-D", "-1", "-e", "sched:sched_process_exec",
                                      f"--control=fifo:{control},{acknowledge}", "-o", self.data),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with control.open("w") as to, acknowledge.open() as answer:
            to.write("enable\n")
            to.flush()
            answer.readline()
        self.bpftrace = subprocess.Popen(("bpftrace", "-f", "json", "-e", BPFTRACE_PROGRAM), stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True, env={"BPFTRACE_MAP_KEYS_MAX": "100000",
                                                                                 "PATH": "/usr/sbin:/usr/bin"})
        while "ready" not in (line := self.bpftrace.stdout.readline()):
            if not line:
                raise RuntimeError("bpftrace did not start: " + self.bpftrace.stderr.read())
        return self

    def stop(self):
        for process in (self.perf, self.bpftrace):
            process.send_signal(signal.SIGINT)
        self.read_bpftrace(self.bpftrace.communicate()[0])
        self.perf.communicate()
        script = subprocess.run(("perf", "script", "-i", self.data), check=True, capture_output=True, text=True).stdout
        self.execs = defaultdict(list)
        for line in script.splitlines():
            if found := PERF_LINE.search(line):
                self.execs[int(found[2])].append(found[1])

    def read_bpftrace(self, output):
        counts = defaultdict(lambda: [0, 0])
        for line in output.splitlines():
            if line.startswith('{"type": "map"'):
                for key, count in json.loads(line)["data"]["@"].items():
                    thread, failed = key.split(",")
                    counts[int(thread)][int(failed)] = count
        self.opens = {thread: tuple(of) for thread, of in counts.items()}

    def __exit__(self, *_):
        for process in (self.perf, self.bpftrace):
            if process.poll() is None:
                process.kill()
                process.wait()

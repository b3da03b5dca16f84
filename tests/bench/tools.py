# SPDX-License-Identifier: BSD-2-Clause
"""Tools that run: ours and others' are started, looked at and ended alike."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

OURS, LIBBPF_TOOLS, BPFTRACE = "snoopkit", "libbpf-tools", "bpftrace"
PEERS = (LIBBPF_TOOLS, BPFTRACE)


@dataclass(frozen=True)
class Tool:
    who: str
    kind: str               # "open", "exec", "calls"
    command: tuple

    @property
    def says_ready(self):
        return self.who not in PEERS

    def having(self, *options):
        return Tool(self.who, self.kind, (*self.command, *options))


def package_file(package, name):
    """Where the package put the program, which may be elsewhere on the PATH as well."""
    files = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True).stdout.split("\n")
    return next((file for file in files if file.endswith(f"bin/{name}")), None)


def tools_of(kind, build):
    """Ours first, then those peers that are installed."""
    name = f"{kind}snoop"
    found = [(OURS, (f"{build}/bin/{name}",)), (LIBBPF_TOOLS, (package_file("libbpf-tools", name),)),
             (BPFTRACE, (package_file("bpftrace", f"{name}.bt"),))]
    return [Tool(who, kind, command) for who, command in found if command[0]]


def threads_of(pid):
    return list(Path(f"/proc/{pid}/task").iterdir())


def cpu_ns_of(pid):
    """CPU time of all its threads."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in threads_of(pid))


def resident_kib_of(pid):
    return int(re.search(r"^VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


class Running:
    """A tool between its start and its end."""

    def __init__(self, tool, stdout=subprocess.DEVNULL, wait=True):
        self.tool = tool
        self.started_ns = time.monotonic_ns()
        self.stderr = tempfile.TemporaryFile()
        self.ready, told = os.pipe()
        self.process = subprocess.Popen(tool.command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.stderr,
                                        pass_fds=[told], env={**os.environ, "SNOOP_READY_FD": str(told)})
        os.close(told)
        self.pid = self.process.pid
        try:
            if wait:
                self.wait_until_ready()
        except RuntimeError:
            self.__exit__()
            raise

    def wait_until_ready(self):
        if self.tool.says_ready:
            if not select.select([self.ready], [], [], 30)[0] or not os.read(self.ready, 1):
                raise RuntimeError(f"{self.tool.command}: {self.said()}")
            return
        # Others say nothing: when they have opened all that they will open, they trace.
        before, since, end = None, time.monotonic(), time.monotonic() + 30
        while time.monotonic() < end:
            fds = sorted(self.links())
            if fds != before:
                before, since = fds, time.monotonic()
            elif any("bpf-map" in fd for fd in fds) and time.monotonic() - since > 0.5:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.tool.command} does not come to rest")

    def links(self):
        for fd in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield f"{fd.name} {os.readlink(fd)}"

    def said(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")

    def stop(self, how=signal.SIGINT):
        """Ends it. Returns what it said on stderr."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        return self.said()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.wait()
        self.stderr.close()
        os.close(self.ready)
        if self.process.stdout:
            self.process.stdout.close()

    # ---- what it uses -------------------------------------------------------------------

    def cpu_ns(self):
        return cpu_ns_of(self.pid)

    def status(self, field):
        """The sum over its threads."""
        texts = [(task / "status").read_text() for task in threads_of(self.pid)]
        return sum(int(re.search(rf"^{field}:\s*(\d+)", text, re.M)[1]) for text in texts)

    def resident_kib(self):
        return resident_kib_of(self.pid)

    def fdinfo(self):
        for fd in Path(f"/proc/{self.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield dict(re.findall(r"^(\w+):\s*(\S+)", fd.read_text(), re.M))

    def maps_bytes(self):
        """Kernel memory of its maps."""
        maps = {info["map_id"]: int(info["memlock"]) for info in self.fdinfo() if "map_id" in info}
        return sum(maps.values())

    def programs(self):
        """run_time_ns and run_cnt of its programs, summed."""
        all_programs = {info["prog_id"]: info for info in self.fdinfo() if "run_cnt" in info}.values()
        return sum(int(info["run_time_ns"]) for info in all_programs), sum(int(info["run_cnt"]) for info in all_programs)

    def program_names(self):
        ids = {info["prog_id"] for info in self.fdinfo() if "run_cnt" in info}
        return {json.loads(subprocess.run(["bpftool", "-j", "prog", "show", "id", i], capture_output=True, text=True,
                                          check=True).stdout)["name"] for i in ids}


def lost_of(tool, stderr):
    """How many events the tool itself says that it lost."""
    if tool.says_ready:
        found = re.search(r"\+ lost (\d+)", stderr)
        return int(found[1]) if found else None
    return sum(int(number) for number in re.findall(r"[Ll]ost (\d+) events", stderr))

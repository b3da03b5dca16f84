# SPDX-License-Identifier: BSD-2-Clause
"""What a row costs as text, as JSON, and sent by --otlp: opensnoop, at a steady rate of opens."""

import contextlib
import http.server
import re
import subprocess
import threading
from pathlib import Path

from tools import OURS, Running, Tool, cpu_ns_of, lost_of, resident_kib_of

KIND = "outputs"
RATE = 20000            # opens a second
SECONDS = 10
OTLP = "--otlp URL"     # for a minute
FORMATS = {"text": (), "JSON": ("-o", "json"), OTLP: ("--otlp", "")}
# Limits for opensnoop with --otlp: figure, at most, unit.
LIMITS = [("lost", 0, "events"), ("tool, % of a core", 30, "%"), ("tool, MiB", 64, "MiB")]


class Sink:
    """Accepts whatever is sent to its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self.server.bytes += len(self.rfile.read(length))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

        def log_message(self, *_):
            pass

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self.server.daemon_threads, self.server.bytes = True, 0
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"


def helper_of(pid):
    """snoop-export, which the tool has started; None if it has not."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def outputs(bench):
    quick = bench.quick
    with Sink() as sink:
        for r in range(bench.rounds if quick else min(3, bench.rounds)):
            for name, options in FORMATS.items():
                if name == OTLP and not Path(f"{bench.build}/bin/snoop-export").exists():
                    continue    # there is no libcurl
                bench.say(f"outputs, {name}, round {r + 1}")
                seconds = 2 if quick else 60 if name == OTLP else SECONDS
                words = (f"{bench.build}/bin/opensnoop", "-n", "load_paced", *(word or sink.url for word in options))
                measure_one(bench, name, Tool(OURS, "open", words), seconds, sink)


def measure_one(bench, name, tool, seconds, sink):
    def add(figure, value):
        bench.add(KIND, f"{name}: {figure}", OURS, value)

    received = sink.server.bytes
    with Running(tool) as running:
        pids = {"tool": running.pid}
        with contextlib.suppress(TypeError):
            pids["snoop-export"] = int(helper_of(running.pid))
        before = {who: cpu_ns_of(pid) for who, pid in pids.items()}
        done = subprocess.run([f"{bench.folder}/load_paced", str(RATE), str(seconds), str(bench.file)],
                              capture_output=True, text=True, check=True)
        made = int(done.stdout)
        for who, pid in pids.items():
            cpu = cpu_ns_of(pid) - before[who]
            add(f"{who}, µs", cpu / made / 1e3)
            add(f"{who}, % of a core", cpu / seconds / 1e7)
            add(f"{who}, MiB", resident_kib_of(pid) / 1024)
        said = running.stop()
    add("made", made)
    add("lost", lost_of(tool, said) or 0)
    if sums := re.search(r"printed (\d+) = sent (\d+) \+ queued (\d+) \+ dropped (\d+)", said):
        for figure, value in zip(("printed", "sent", "queued", "dropped"), map(int, sums.groups())):
            add(figure, value)
        add("bytes a row", (sink.server.bytes - received) / max(1, int(sums[2])))

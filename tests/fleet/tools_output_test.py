#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools_output_test.py BIN: -o otlp of the tools writes their rows as requests to standard output. What is written is
what the summary counts as printed."""
import array
import fcntl
import json
import os
import re
import signal
import subprocess
import tempfile
import termios
import time
import unittest

import tool
from receiver import attributes
from tool import LIMIT, main, run_true


def start(name, *args, stdout=subprocess.PIPE):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "SUDO_"))}
    return subprocess.Popen([f"{tool.folder}/{name}", "-o", "otlp", *args], stdin=subprocess.DEVNULL, stdout=stdout,
                            stderr=subprocess.PIPE, env=env, text=True, start_new_session=True)


class ToolsOutputTest(unittest.TestCase):
    def check(self, started, code, **numbers):
        """Returns the records."""
        stdout, stderr = started.communicate(timeout=LIMIT)
        self.assertEqual(started.returncode, code, stderr)
        seen = re.search(r"seen (\d+) = (printed .*?)(?:;|$)", stderr, re.M)
        self.assertTrue(seen, stderr)
        parts = {name: int(count) for name, count in re.findall(r"([a-z ]+) (\d+)", seen[2])}
        self.assertEqual(sum(parts.values()), int(seen[1]), stderr)
        parts = {name.strip(): count for name, count in parts.items()}
        for name, number in numbers.items():
            self.assertEqual(parts.get(name, 0), number, stderr)
        requests = [json.loads(line) for line in (stdout or "").splitlines() if line.startswith("{")]
        return parts, requests, stderr

    def test_writes_what_it_prints(self):
        for name in "execsnoop", "opensnoop":
            with self.subTest(name):
                parts, requests, _ = self.check(start(name, "--", "cat", "/etc/hostname"), 0, unwritten=0)
                records = [record for request in requests
                           for record in request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]]
                self.assertEqual(len(records), parts["printed"])
                self.assertGreater(len(records), 0)
                self.assertEqual({attributes(record)["thread.name"]["stringValue"] for record in records}, {"cat"})

    def test_writes_spans(self):
        parts, requests, _ = self.check(start("execsnoop", "--exit", "--", "sh", "-c", "/bin/true; exit 3"), 3)
        spans = [span for request in requests for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]]
        self.assertEqual(len(spans), parts["printed"])
        self.assertEqual({span["name"] for span in spans}, {"sh", "true"})

    def test_does_not_trace_its_helper(self):
        started = start("opensnoop", "-d", "1")
        _, requests, _ = self.check(started, 0)
        names = [attributes(record).get("thread.name", {}).get("stringValue") for request in requests
                 for record in request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]]
        self.assertNotIn("snoop-export", names)

    def test_replays(self):
        with tempfile.TemporaryDirectory() as there:
            subprocess.run([f"{tool.folder}/execsnoop", "--record", f"{there}/r", "--", "true"], capture_output=True,
                           check=True)
            _, requests, _ = self.check(start("execsnoop", "--replay", f"{there}/r"), 0, printed=1)
            self.assertEqual(len(requests), 1)

    def test_ends_when_its_output_is_closed(self):
        started = start("execsnoop")
        for line in started.stderr:
            if "tracing" in line:
                break
        run_true()
        self.assertIn("resourceLogs", started.stdout.readline())
        started.stdout.close()
        started.stdout = None
        run_true()
        self.assertEqual(self.check(started, 0)[0].get("unwritten", 0), 0)

    def test_counts_what_nobody_reads(self):
        reads, writes = os.pipe()
        with open(writes, "w", encoding="ascii") as pipe:
            started = start("execsnoop", "--", "sh", "-c", "for i in $(seq 200); do /bin/true; done; sleep 60",
                            stdout=pipe)
        for line in started.stderr:
            if "tracing" in line:
                break
        held = array.array("i", [0])
        while held[0] < 60000:  # until the pipe is full
            self.assertIsNone(started.poll())
            time.sleep(0.01)
            fcntl.ioctl(reads, termios.FIONREAD, held)
        os.killpg(started.pid, signal.SIGINT)
        parts, _, _ = self.check(started, 130)
        with open(reads, encoding="utf-8") as pipe:
            lines = pipe.read().split("\n")
        whole = [json.loads(line) for line in lines[:-1]]
        self.assertEqual(sum(len(request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) for request in whole),
                         parts["printed"])
        self.assertGreater(parts["unwritten"], 0)

    def test_says_if_it_cannot_write(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            _, _, stderr = self.check(start("execsnoop", "--", "true", stdout=full), 125, printed=0, unwritten=1)
        self.assertIn("cannot write to standard output: No space left on device", stderr)


if __name__ == "__main__":
    main()

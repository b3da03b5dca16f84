# SPDX-License-Identifier: BSD-2-Clause
"""Runs snoop-export, and reads what it says."""
import json
import os
import re
import subprocess
import threading
import unittest

LIMIT = 60  # seconds


def row(number, **more):
    return json.dumps({"event": "exec", "time": "2026-11-22T10:04:10Z", "pid": number, **more}) + "\n"


def rows(count, **more):
    return "".join(row(number, **more) for number in range(count))


class Ended:
    """What a run said."""

    def __init__(self, code, stderr):
        self.code, self.stderr = code, stderr
        self.last = stderr.splitlines()[-1] if stderr else ""
        numbers = re.fullmatch(r"snoop-export: read (\d+) = sent (\d+) \+ queued (\d+) \+ dropped (\d+)(.*)", self.last)
        if numbers:
            self.read, self.sent, self.queued, self.dropped = map(int, numbers.groups()[:4])
            self.more = dict((name, int(count)) for name, count in re.findall(r"; ([a-z ]+) (\d+)", numbers[5]))
            self.causes = dict(re.findall(r"; dropped, ([a-z ]+): (\d+)", numbers[5]))


class Export(subprocess.Popen):
    """The program, which reads a pipe. Its environment has no other variable of OpenTelemetry."""

    program = ""

    def __init__(self, url, *args, stdin=subprocess.PIPE, preexec_fn=None, **variables):
        env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        env.update(variables, no_proxy="127.0.0.1,localhost")
        to = ["--otlp", url] if url else []
        super().__init__([self.program, *to, *args], stdin=stdin, stderr=subprocess.PIPE, env=env, text=True,
                         preexec_fn=preexec_fn, restore_signals=preexec_fn is None)
        self.watchdog = threading.Timer(LIMIT, self.kill)
        self.watchdog.daemon = True
        self.watchdog.start()

    def write(self, text):
        self.stdin.write(text)
        self.stdin.flush()

    def end(self, text=""):
        stderr = self.communicate(text)[1]
        self.watchdog.cancel()
        return Ended(self.returncode, stderr)


def url_of(receiver, scheme="http"):
    return f"{scheme}://127.0.0.1:{receiver.port}"


class ExportCase(unittest.TestCase):
    def check(self, ended, code, **expected):
        self.assertEqual(ended.code, code, ended.stderr)
        self.assertRegex(ended.last, r"^snoop-export: read \d", ended.stderr)
        self.assertEqual(ended.read, ended.sent + ended.queued + ended.dropped, ended.stderr)
        self.assertEqual(ended.dropped, sum(map(int, ended.causes.values())), ended.stderr)
        for name, value in expected.items():
            self.assertEqual(getattr(ended, name), value, ended.stderr)

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""output_test.py SNOOP_EXPORT: -o otlp writes requests, one on each line, and says what became of each row."""
import json
import os
import re
import signal
import subprocess
import sys
import unittest

from export import LIMIT, row, rows
from receiver import attributes

program = ""


def run(*args, stdin="", stdout=subprocess.PIPE, **variables):
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run([program, *args], input=stdin, stdout=stdout, stderr=subprocess.PIPE, env={**env, **variables},
                          text=True, timeout=LIMIT, check=False)


def records_of(text):
    """Those of the lines, and how many each has."""
    assert text.endswith("\n")
    lines = [json.loads(line)["resourceLogs"][0]["scopeLogs"][0]["logRecords"] for line in text.splitlines()]
    return [record for line in lines for record in line], [len(line) for line in lines]


class OutputTest(unittest.TestCase):
    def check(self, ran, code, *numbers):
        self.assertEqual(ran.returncode, code, ran.stderr)
        said = re.fullmatch(r"snoop-export: read (\d+) = written (\d+) \+ unwritten (\d+) \+ invalid (\d+)",
                            ran.stderr.splitlines()[-1])
        self.assertTrue(said, ran.stderr)
        self.assertEqual(tuple(map(int, said.groups())), numbers, ran.stderr)

    def test_writes_requests(self):
        ran = run("-o", "otlp", stdin=rows(1300), OTEL_RESOURCE_ATTRIBUTES="host.name=h")
        self.check(ran, 0, 1300, 1300, 0, 0)
        records, sizes = records_of(ran.stdout)
        self.assertEqual([int(attributes(record)["process.pid"]["intValue"]) for record in records], list(range(1300)))
        self.assertLessEqual(max(sizes), 512)
        self.assertEqual(len({attributes(record)["log.record.uid"]["stringValue"] for record in records}), 1300)
        resource = json.loads(ran.stdout.splitlines()[0])["resourceLogs"][0]["resource"]
        self.assertEqual(attributes(resource)["host.name"], {"stringValue": "h"})

    def test_lines_are_short_enough_for_the_collector(self):
        ran = run("-o", "otlp", stdin=rows(100, cwd="x" * 40000))
        self.check(ran, 0, 100, 100, 0, 0)
        self.assertLess(max(map(len, ran.stdout.splitlines())), 1 << 20)
        self.assertGreater(len(ran.stdout), 3 << 20)

    def test_writes_spans(self):
        span = '{"event":"exec","time":"2026-11-22T10:04:10Z","pid":1,"exec_id":"1","duration_ns":1,"exit_code":0}\n'
        ran = run("-o", "otlp", "--spans", stdin=span)
        self.check(ran, 0, 1, 1, 0, 0)
        self.assertEqual(len(json.loads(ran.stdout)["resourceSpans"][0]["scopeSpans"][0]["spans"]), 1)

    def test_counts_invalid_lines(self):
        ran = run("-o", "otlp", stdin=row(1) + "not JSON\n")
        self.check(ran, 1, 2, 1, 0, 1)
        self.assertEqual(len(records_of(ran.stdout)[0]), 1)

    def start(self, stdin=subprocess.PIPE):
        started = subprocess.Popen([program, "-o", "otlp"], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(started.kill)
        return started

    def end(self, started):
        """Without reading standard output."""
        stderr = started.stderr.read()
        return subprocess.CompletedProcess(program, started.wait(LIMIT), "", stderr)

    def test_writes_a_row_before_the_end(self):
        started = self.start()
        started.stdin.write(row(1))
        started.stdin.flush()
        self.assertEqual(len(records_of(started.stdout.readline())[0]), 1)
        started.stdout.close()  # which ends it, although there is no row to write
        self.check(self.end(started), 0, 1, 1, 0, 0)
        started.stdin.close()

    def test_a_signal_ends_it(self):
        started = self.start()
        started.stdin.write(rows(10))
        started.stdin.flush()
        started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        self.check(self.end(started), 0, 10, 10, 0, 0)
        started.stdin.close()

    def test_says_if_it_cannot_write(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            ran = run("-o", "otlp", stdin=rows(3), stdout=full)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("cannot write to standard output: No space left on device", ran.stderr)

    def test_refuses_options_for_sending(self):
        for option in ["--otlp", "http://h"], ["--otlp-spool", "/"], ["--otlp-timeout", "1"]:
            ran = run("-o", "otlp", *option)
            self.assertEqual(ran.returncode, 2, ran.stderr)
            self.assertEqual(ran.stderr, f"snoop-export: -o otlp writes to standard output: omit {option[0]}\n")


if __name__ == "__main__":
    program = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

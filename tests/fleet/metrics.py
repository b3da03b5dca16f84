# SPDX-License-Identifier: BSD-2-Clause
"""A tool that serves metrics, and what a scrape of it has."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request

import tool
from tool import LIMIT, Tool, ToolTest

SAMPLE = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def unescape(value):
    return re.sub(r'\\(.)', lambda found: "\n" if found[1] == "n" else found[1], value)


class Metrics(dict):
    """Values by name and labels, of the text format. Fails on a sample that is there twice."""

    def __init__(self, text):
        self.text = text.decode("utf-8")  # strictly
        super().__init__()
        for line in self.text.split("\n"):
            if line and not line.startswith("#"):
                name, labels, value = SAMPLE.fullmatch(line).groups()
                key = name, frozenset((label, unescape(text)) for label, text in LABEL.findall(labels or ""))
                assert key not in self, f"twice: {line}"
                self[key] = float(value)

    def get(self, name, **labels):
        return super().get((name, frozenset(labels.items())))

    def by(self, name, label):
        """Sums of a metric by one of its labels."""
        values = {}
        for (its_name, labels), value in self.items():
            if its_name == name:
                text = dict(labels)[label]
                values[text] = values.get(text, 0) + value
        return values

    def total(self, name):
        return sum(value for (its_name, _), value in self.items() if its_name == name)


class MetricsTool(Tool):
    """Returns when it traces; `url` is where it serves metrics."""

    def __init__(self, name, *args, metrics=("--metrics", "0"), **variables):
        super().__init__(name, None, *args, options=metrics, wait=True, **variables)
        where = re.search(r"metrics: (\S+)", self.said())
        self.url = where[1] if where else None

    def scrape(self):
        with urllib.request.urlopen(self.url, timeout=LIMIT) as answer:
            return Metrics(answer.read())

    def scrape_until(self, is_there):
        return tool.until(self.scrape, is_there)

    def stop(self, number=signal.SIGINT):
        """Returns stdout and stderr."""
        ended = self.end(number if self.poll() is None else None)
        return ended.stdout, ended.stderr


def run_as(there, name, times=1):
    """Runs a program with this name, of bytes."""
    file = os.fsencode(there) + b"/" + name
    if not os.path.exists(file):
        shutil.copy("/bin/true", file)
    for _ in range(times):
        subprocess.run([file], check=True)


class MetricsTest(ToolTest):
    def check_accounting(self, metrics, name, stderr):
        """What was seen at the end is at least what the scrape had; its parts are in both."""
        seen = int(re.search(r"seen (\d+)", stderr)[1])
        outcomes = metrics.by("snoop_events_total", "outcome")
        self.assertLessEqual(sum(outcomes.values()), seen)
        for outcome in outcomes:
            self.assertEqual(metrics.get("snoop_events_total", tool=name, outcome=outcome), outcomes[outcome])
        self.assertEqual(outcomes["lost"], metrics.total("snoop_events_lost_total"))

    def check_with_promtool(self, metrics):
        """`./dev test fleet` has promtool; elsewhere it may be missing, and all else is checked nevertheless."""
        if shutil.which("promtool"):
            ran = subprocess.run(["promtool", "check", "metrics"], input=metrics.text, capture_output=True, text=True,
                                 check=False)
            self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "", ""))

    def check_manual(self, metrics, name, more=frozenset()):
        """The manual page lists what was served, and nothing else but what only some runs have."""
        sometimes = {"snoop_bpf_runs_total", "snoop_bpf_run_seconds_total", "snoop_export_rows_total",
                     "snoop_export_dropped_rows_total", "snoop_export_queued_rows", "snoop_function_calls_total",
                     "snoop_function_duration_seconds"} - more
        served = set(re.findall(r"^# TYPE (snoop_\w+)", metrics.text, re.M))
        with open(f"{os.path.dirname(__file__)}/../../docs/man/{name}.8", encoding="utf-8") as page:
            listed = set(re.findall(r"snoop_\w+", page.read().replace("\\", "")))
        self.assertLessEqual(served, listed)
        self.assertLessEqual(listed - served, sometimes)

    def check_refused(self, args, code, text):
        with tempfile.TemporaryDirectory() as there:
            name, *rest = args
            ran = subprocess.run([f"{tool.folder}/{name}", *rest, "--", "touch", f"{there}/ran"], capture_output=True,
                                 text=True, check=False)
            self.assertEqual(ran.returncode, code, ran.stderr)
            self.assertIn(text, ran.stderr)
            self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
            self.assertFalse(os.path.exists(f"{there}/ran"))

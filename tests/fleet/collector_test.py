#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The tools send logs and spans to a real Collector, which is killed and started again; nothing is lost that is not
counted. tests/fleet/run runs this."""
import os
import re
import signal
import subprocess
import time
import unittest

import tool
from collector import PORT, Collector
from execs import COMM, Execs
from receiver import attributes
from server import NOBODY, folder, wait_until, work
from tool import Ended, Tool, ToolTest

EXECS = 100_000
SOURCES = 8


class CollectorTest(ToolTest):
    def test_no_exec_is_lost_when_the_collector_is_killed(self):
        with Collector() as collector:
            tool = Tool("execsnoop", collector.url, "--comm", COMM, "--otlp-queue", "256M", "--ring-size", "64M",
                        "--otlp-timeout", "60", wait=True)
            load = Execs(EXECS)
            kills = 0
            while load.poll() is None:
                time.sleep(1.5)
                collector.kill()
                time.sleep(1.5)
                collector.start()
                kills += 1
            load.end()
            ended = tool.end(signal.SIGINT)
            uids = collector.uids()
        self.assertGreaterEqual(kills, 2)
        self.check(ended, 0, printed=EXECS, sent=EXECS)
        self.assertIn("trying again", ended.stderr)
        self.assertEqual(len(set(uids)), EXECS)
        print(f"{EXECS} execs, {kills} kills, {len(uids) - EXECS} records twice", flush=True)

    def test_what_does_not_reach_the_collector_is_counted(self):
        with Collector() as collector:
            tool = Tool("execsnoop", collector.url, "--comm", COMM, "--otlp-queue", "4M", "--otlp-timeout", "5",
                        wait=True)
            Execs(1000).end()
            # A Collector that answers too late has some of them twice.
            wait_until(lambda: len(set(collector.uids())) == 1000, "all records")
            collector.kill()
            Execs(10_000).end()
            ended = tool.end(signal.SIGINT)
            self.check(ended, 0, printed=11_000)
            self.assertGreater(ended.queued, 0)
            self.assertGreater(ended.causes["queue full"], 0)
            self.assertEqual(ended.sent, len(set(collector.uids())))

    def test_a_collector_that_hangs_for_a_while_gets_all(self):
        with Collector() as collector:
            tool = Tool("execsnoop", collector.url, "--comm", COMM, "--otlp-timeout", "60", wait=True)
            collector.server.send_signal(signal.SIGSTOP)
            Execs(3000).end()
            time.sleep(3)
            collector.server.send_signal(signal.SIGCONT)
            self.check(tool.end(signal.SIGINT), 0, printed=3000, sent=3000)
            self.assertEqual(len(set(collector.uids())), 3000)

    def test_the_next_run_sends_what_is_on_disk(self):
        spool = folder()
        spool.chmod(0o700)
        os.chown(spool, NOBODY, NOBODY)
        args = "execsnoop", f"http://127.0.0.1:{PORT}", "--otlp-spool", str(spool)
        tool = Tool(*args, "--otlp-timeout", "0.5", "--comm", COMM, wait=True)
        Execs(3000).end()
        self.check(tool.end(signal.SIGINT), 0, printed=3000, queued=3000)
        with Collector() as collector:
            self.check(Tool(*args, "--otlp-timeout", "60", "--", "true").end(), 0, printed=1, sent=1)
            self.assertEqual(len(collector.uids()), 3001)
            self.assertEqual(len(set(collector.uids())), 3001)

    def test_a_build_is_one_trace(self):
        out = folder()
        with Collector() as collector:
            command = [f"{tool.folder}/execsnoop", "--otlp", collector.url, "--exit", "-o", "json", "--", "make", "-j4",
                       "-s", "-C", str(source_tree())]
            # The execsnoop around it draws a tree of the same processes.
            ran = subprocess.run([f"{tool.folder}/execsnoop", "--tree", "--", "sh", "-c",
                                  f'exec "$@" >{out}/rows 2>{out}/said', "sh", *command],
                                 capture_output=True, text=True, check=True)
            spans = collector.spans()
        ended = Ended(ran.returncode, (out / "rows").read_text(), (out / "said").read_text())
        self.check(ended, 0, sent=len(spans), printed=len(ended.rows))
        by_id = {span["spanId"]: span for span in spans}
        self.assertEqual(len(by_id), len(spans))
        self.assertEqual(len({span["traceId"] for span in spans}), 1)
        root = self.check_tree(by_id, ended.rows)
        self.assertEqual(root["name"], "make")
        names = [span["name"] for span in spans]
        for name in "cc1", "as":
            self.assertEqual(names.count(name), SOURCES)
        parents = tree_of(ran.stdout)
        for span in spans:
            if span is not root:
                pid, parent = pid_of(span), pid_of(by_id[span["parentSpanId"]])
                self.assertIn(parent, (pid, parents[pid]), span["name"])  # a process may call exec again
        self.assertLessEqual({pid_of(span) for span in spans}, parents.keys())


def source_tree():
    build = folder()
    names = [f"part{number}" for number in range(SOURCES)]
    for name in names:
        (build / f"{name}.c").write_text(f"int {name}(void) {{ return 0; }}\n")
    objects = " ".join(f"{name}.o" for name in names)
    (build / "Makefile").write_text(f"all: {objects}\n\tar rc lib.a $^\n\tsh -c 'nm lib.a | sort | uniq -c >names'\n")
    return build


def pid_of(span):
    return int(attributes(span)["process.pid"]["intValue"])


def tree_of(text):
    """The parent of each process, by pid, in what `execsnoop --tree` prints at the end."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if re.match("PID +EXIT", line))
    column = lines[start].index("ARGS")
    parents, line_of = {}, []
    for line in lines[start + 1:]:
        if line.startswith("#"):
            return parents
        depth = len(re.match(r"(?:[|`]- |[| ]  )*", line[column:])[0]) // 3
        pid = int(line.split()[0])
        line_of[depth:] = [pid]
        parents[pid] = line_of[depth - 1] if depth else None
    raise AssertionError(text)


if __name__ == "__main__":
    tool.folder = f"{work}/bin"
    unittest.main(verbosity=2)

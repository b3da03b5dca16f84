#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""metrics_service_test.py BIN: how the tools in BIN serve metrics, or write them by --metrics-file: what they refuse, with
which privileges, and what becomes of it if one of the two programs stops."""
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time

from metrics import Metrics, MetricsTest, MetricsTool, run_as
from tool import LIMIT, NOBODY, main, status_of, until

MG_FEATURES_IPV6 = 8  # of civetweb.h
KILLED = "snoop-export was killed by SIGKILL: metrics are no longer served"


class MetricsServiceTest(MetricsTest):
    def test_bounds_labels(self):
        with tempfile.TemporaryDirectory() as there:
            tool = MetricsTool("execcount", "--by", "comm", "--max-keys", "230")
            for i in range(250):
                run_as(there, f"p{i}".encode())
            metrics = tool.scrape()
            _, stderr = tool.stop()
        execs = metrics.by("snoop_execs_total", "comm")
        self.assertEqual(len(execs), 201)
        self.assertGreaterEqual(execs["_other"], 50)
        self.check_accounting(metrics, "execcount", stderr)
        self.assertGreaterEqual(metrics.get("snoop_events_total", tool="execcount", outcome="other"), 20)

    def test_shows_tables_if_asked(self):
        for args in ["-i", "0.1"], ["--once"]:
            with self.subTest(args):
                tool = MetricsTool("execcount", *args)
                subprocess.run(["true"], check=True)
                self.assertGreater(tool.scrape().total("snoop_execs_total"), 0)
                if args[0] == "--once":
                    tool.wait(LIMIT)
                stdout, _ = tool.stop()
                self.assertIn("PER-SEC", stdout)

    def test_checks_before_it_traces(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for port in address, address[10:]:
                self.check_refused(["execcount", "--metrics", port], 125,
                                   f"--metrics: cannot listen at {address}: Address already in use (EADDRINUSE)")
        for address in "", "x", "1.2.3:80", "127.0.0.1:", "::1:80", "[::1]", "80s", "70000", "remote:80":
            self.check_refused(["execcount", "--metrics", address], 2, f"--metrics: invalid address '{address}': give PORT")
        self.check_refused(["execcount", "--metrics-file", "/tmp/x"], 2, "must end in .prom")
        self.check_refused(["execcount", "--metrics-file", "/nowhere/x.prom"], 125,
                           "--metrics-file: cannot write '/nowhere/x.prom': No such file or directory (ENOENT)")
        self.check_refused(["execcount", "--metrics-file", "x.prom", "--metrics", "1"], 2, "cannot be combined")

    def test_listens_at_localhost_and_ipv6(self):
        tool = MetricsTool("execcount", metrics=["--metrics", "localhost:0"])
        self.assertRegex(tool.url, r"^http://127\.0\.0\.1:\d+/metrics$")
        tool.stop()
        if ctypes.CDLL("libcivetweb.so.1").mg_check_feature(MG_FEATURES_IPV6):
            tool = MetricsTool("execcount", metrics=["--metrics", "[::1]:0"])
            self.assertGreaterEqual(tool.scrape().total("snoop_events_total"), 0)
            tool.stop()
        else:
            self.check_refused(["execcount", "--metrics", "[::1]:0"], 3, "[::1]:0: civetweb here has no IPv6")

    def test_helper_has_no_privileges(self):
        daemon = {"SUDO_UID": "1", "SUDO_GID": "1", "SUDO_USER": "daemon"}
        with tempfile.TemporaryDirectory() as there:
            for metrics, variables, uid in ((["--metrics", "0"], {}, str(NOBODY)), (["--metrics", "0"], daemon, "1"),
                                            (["--metrics-file", f"{there}/x.prom"], {}, "0")):
                with self.subTest(uid=uid):
                    tool = MetricsTool("execcount", metrics=metrics, **variables)
                    status, own = status_of(tool.helper()), status_of(tool.pid)
                    tool.stop()
                    self.assertEqual(status["Name"], "snoop-export")
                    self.assertEqual(status["Uid"].split(), [uid] * 4)
                    for kind in "CapInh", "CapPrm", "CapEff", "CapAmb":
                        self.assertEqual(int(status[kind], 16), 0, kind)
                    self.assertEqual(status["NoNewPrivs"], "1")
                    self.assertEqual(own["Seccomp"], "2")  # the tool reads its maps in the sandbox

    def test_says_that_the_tool_does_not_answer(self):
        tool = MetricsTool("execcount")
        os.kill(tool.pid, signal.SIGSTOP)
        begin = time.monotonic()
        for _ in range(2):
            metrics = tool.scrape()
            self.assertEqual(metrics.get("snoop_up", tool="execcount"), 0)
            self.assertEqual(metrics.total("snoop_execs_total"), 0)
        self.assertLess(time.monotonic() - begin, 20)
        os.kill(tool.pid, signal.SIGCONT)
        self.assertEqual(tool.scrape().get("snoop_up", tool="execcount"), 1)
        _, stderr = tool.stop()
        self.assertEqual(stderr.count("execcount did not answer a scrape within 5 s"), 1, stderr)
        self.assertEqual(tool.returncode, 0)

    def test_goes_on_without_its_helper(self):
        tool = MetricsTool("execcount")
        os.kill(tool.helper(), signal.SIGKILL)
        tool.wait_for_message("snoop-export was killed")
        subprocess.run(["true"], check=True)
        _, stderr = tool.stop()
        self.assertEqual(stderr.count(KILLED), 1, stderr)
        self.assertIn("lost 0", stderr)
        self.assertEqual(tool.returncode, 1)

    def test_says_that_its_helper_was_killed_at_the_end(self):
        """A moment before the signal that ends the tool, which stands still until both have come."""
        with tempfile.TemporaryDirectory() as there:
            for metrics in ["--metrics", "0"], ["--metrics-file", f"{there}/x.prom"]:
                with self.subTest(metrics[0]):
                    tool = MetricsTool("execcount", metrics=metrics)
                    helper = tool.helper()
                    os.kill(tool.pid, signal.SIGSTOP)
                    os.kill(tool.pid, signal.SIGINT)
                    os.kill(helper, signal.SIGKILL)
                    os.kill(tool.pid, signal.SIGCONT)
                    _, stderr = tool.stop(None)
                    self.assertEqual(stderr.count(KILLED), 1, stderr)
                    self.assertEqual(tool.returncode, 1)

    def test_ends_at_once(self):
        for metrics in ["--metrics", "0"], ["--metrics-file", "x.prom"]:
            with self.subTest(metrics[0]), tempfile.TemporaryDirectory() as there:
                tool = MetricsTool("execcount", metrics=[metrics[0], metrics[1].replace("x", f"{there}/x")])
                if tool.url.startswith("http"):
                    tool.scrape()
                begin = time.monotonic()
                tool.stop()
                self.assertLess(time.monotonic() - begin, 1)
                self.assertEqual(tool.returncode, 0)

    def test_frees_its_address(self):
        tool = MetricsTool("execcount")
        port = tool.url.split(":")[2].split("/")[0]
        tool.scrape()
        tool.stop()
        tool = MetricsTool("execcount", metrics=["--metrics", f"127.0.0.1:{port}"])
        self.assertEqual(tool.scrape().get("snoop_up", tool="execcount"), 1)
        tool.stop(signal.SIGTERM)

    def test_writes_a_file(self):
        with tempfile.TemporaryDirectory() as there:
            file = f"{there}/execcount.prom"
            tool = MetricsTool("execcount", metrics=["--metrics-file", file])
            until(lambda: os.path.getsize(file), lambda size: size > 0)
            with open(file, "rb") as text:
                metrics = Metrics(text.read())
            mode = os.stat(file).st_mode & 0o777
            files = os.listdir(there)
            _, stderr = tool.stop()
            self.assertEqual(os.listdir(there), [], stderr)
        self.assertEqual(tool.returncode, 0, stderr)
        self.assertEqual(files, ["execcount.prom"])
        self.assertEqual(mode, 0o644)
        self.assertEqual(metrics.get("snoop_up", tool="execcount"), 1)
        self.assertIn(f"metrics: {file}", stderr)
        self.check_with_promtool(metrics)


if __name__ == "__main__":
    main()

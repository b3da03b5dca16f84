#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""metrics_test.py BIN: the tools in BIN trace, as root, and serve by --metrics what they have counted."""
import os
import socket
import subprocess
import sys
import tempfile
import time

from metrics import MetricsTest, MetricsTool, run_as
from receiver import Receiver
from tool import main


class MetricsValuesTest(MetricsTest):
    def test_execcount(self):
        with tempfile.TemporaryDirectory() as there:
            tool = MetricsTool("execcount", "--by", "comm")
            run_as(there, b"metrics-one", 3)
            run_as(there, b"\xff\"\n", 2)
            before = tool.scrape()
            run_as(there, b"metrics-one", 4)
            after = tool.scrape()
            stdout, stderr = tool.stop()
        self.assertEqual(tool.returncode, 0, stderr)
        self.assertEqual(stdout, "")
        self.assertEqual(before.get("snoop_execs_total", comm="metrics-one"), 3)
        self.assertEqual(before.get("snoop_execs_total", comm="\\xff\"\\n"), 2)
        self.assertEqual(after.get("snoop_execs_total", comm="metrics-one"), 7)
        self.assertEqual(before.get("snoop_execs_total", comm="_other"), 0)
        self.assertEqual(after.get("snoop_up", tool="execcount"), 1)
        self.assertEqual(after.total("snoop_build_info"), 1)
        self.assertEqual(after.get("snoop_bpf_missed_runs_total", tool="execcount", program="on_exec"), 0)
        outcomes = after.by("snoop_events_total", "outcome")
        self.assertEqual(after.total("snoop_execs_total"), outcomes["counted"] + outcomes["other"])
        for key, value in before.items():
            if key[0].endswith("_total"):
                self.assertGreaterEqual(after[key], value, key)
        self.check_accounting(after, "execcount", stderr)
        self.check_manual(after, "execcount")
        self.check_with_promtool(after)

    def test_opencount(self):
        for by, label, value in (("comm", "comm", "cat"), ("process", "process", "cat"), ("user", "uid", "0"),
                                 ("errno", "errno", "ENOENT"), ("container", "container", "-"), ("unit", "unit", None)):
            with self.subTest(by):
                tool = MetricsTool("opencount", "--by", by)
                subprocess.run(["cat", "/nowhere/x"], check=False, stderr=subprocess.DEVNULL)
                metrics = tool.scrape()
                _, stderr = tool.stop()
                opens = metrics.by("snoop_opens_total", label)
                self.assertGreaterEqual(opens[value] if value in opens else max(opens.values()), 1)
                self.assertNotIn("/nowhere", metrics.text)
                self.check_accounting(metrics, "opencount", stderr)
                self.check_manual(metrics, "opencount")
        for by in [], ["--by", "path"], ["--by", "dir"], ["--by", "suffix"]:
            self.check_refused(["opencount", "--metrics", "0", *by], 2, "--metrics: a path cannot be a label: give --by ")

    def test_xdpcount(self):
        cases = {"port": {"proto": "udp", "port": "9"}, "proto": {"proto": "udp"}, "interface": {"interface": "lo"},
                 "vlan": {"vlan": "untagged"}, "tcp-flags": {"proto": "udp"}}
        for by, labels in cases.items():
            with self.subTest(by), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                tool = MetricsTool("xdpcount", "lo", "--by", by, "--drop", "udp/9")
                for _ in range(3):
                    sender.sendto(b"x" * 100, ("127.0.0.1", 9))
                metrics = tool.scrape()
                _, stderr = tool.stop()
                labels = {**labels, "direction": "in"}
                matching = {key: value for key, value in metrics.items() if set(labels.items()) <= set(key[1])}
                sums = {}
                for (name, _), value in matching.items():
                    sums[name] = sums.get(name, 0) + value
                self.assertGreaterEqual(sums["snoop_packets_total"], 3)
                self.assertGreaterEqual(sums["snoop_packet_bytes_total"], 3 * 142)
                self.assertEqual(sums["snoop_dropped_packets_total"], 3)
                self.assertEqual(sums["snoop_dropped_packet_bytes_total"], 3 * 142)
                self.check_accounting(metrics, "xdpcount", stderr)
                self.check_manual(metrics, "xdpcount")
                self.check_with_promtool(metrics)
        for by in "src", "dst":
            self.check_refused(["xdpcount", "lo", "--metrics", "0", "--by", by], 2, "--metrics: an address cannot be a label")

    def test_funclat(self):
        with tempfile.TemporaryDirectory() as there:
            library = f"{there}/libmetrics.so"
            with open(f"{there}/x.c", "w", encoding="ascii") as source:
                source.write("#include <unistd.h>\nvoid nap(void){usleep(2000);}\nvoid twice(void){nap();nap();}\n")
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source.name], check=True)
            calls = "import ctypes,sys; f=ctypes.CDLL(sys.argv[1]).nap; [f() for _ in range(5)]"
            for args in [], ["-i", "0.2"], ["-u"], ["--count"]:
                with self.subTest(args):
                    tool = MetricsTool("funclat", f"{library}:nap", *args)
                    begin = time.monotonic()
                    for _ in range(2):
                        subprocess.run([sys.executable, "-c", calls, library], check=True)
                        time.sleep(0.3 if "-i" in args else 0)  # calls of several intervals
                    elapsed = time.monotonic() - begin
                    metrics = tool.scrape()
                    _, stderr = tool.stop()
                    labels = {"function": "nap", "binary": "libmetrics.so"}
                    self.check_accounting(metrics, "funclat", stderr)
                    self.check_manual(metrics, "funclat")
                    self.check_with_promtool(metrics)
                    if args == ["--count"]:
                        self.assertEqual(metrics.get("snoop_function_calls_total", **labels), 10)
                        continue
                    name = "snoop_function_duration_seconds"
                    self.assertEqual(metrics.get(f"{name}_count", **labels), 10)
                    self.assertTrue(0.02 <= metrics.get(f"{name}_sum", **labels) < elapsed)
                    buckets = sorted((float(dict(key)["le"]), value) for (its_name, key), value in metrics.items()
                                     if its_name == f"{name}_bucket")
                    self.assertEqual(len(buckets), 29)
                    self.assertEqual([value for _, value in buckets], sorted(value for _, value in buckets))
                    self.assertEqual(buckets[-1], (float("inf"), 10))
                    self.assertEqual([value for limit, value in buckets if limit < 0.001], [0] * 12)
                    self.assertEqual(1e-6 in dict(buckets), "-u" in args)
                    self.assertEqual(metrics.by("snoop_events_total", "outcome")["returned"], 10)
        self.check_refused(["funclat", "vfs_read", "--metrics", "0", "--by", "comm"], 2, "omit --by")

    def test_openguard(self):
        try:
            tool = MetricsTool("openguard", "/etc/hostname")
        except AssertionError as error:
            self.skip_without_lsm(str(error))
            raise
        for _ in range(3):
            subprocess.run(["cat", "/etc/hostname"], stdout=subprocess.DEVNULL, check=True)
        decisions = {"decision": "audited", "op": "open"}
        metrics = tool.scrape_until(lambda one: one.get("snoop_guard_decisions_total", **decisions) == 3)
        _, stderr = tool.stop()
        self.assertEqual(metrics.get("snoop_guard_decisions_total", **decisions), 3)
        self.assertEqual(metrics.get("snoop_guard_decisions_total", decision="denied", op="open"), 0)
        self.check_accounting(metrics, "openguard", stderr)
        self.check_manual(metrics, "openguard")

    def test_event_tools(self):
        for name in "execsnoop", "opensnoop":
            with self.subTest(name):
                tool = MetricsTool(name)
                subprocess.run(["true"], check=True)
                metrics = tool.scrape_until(
                    lambda one, name=name: one.get("snoop_events_total", tool=name, outcome="printed") >= 1)
                stdout, stderr = tool.stop()
                self.assertGreaterEqual(metrics.get("snoop_events_total", tool=name, outcome="printed"), 1)
                self.assertIn("true", stdout)
                self.check_accounting(metrics, name, stderr)
                self.check_manual(metrics, name)
                self.check_with_promtool(metrics)

    def test_rows_that_are_exported(self):
        with Receiver() as receiver:
            tool = MetricsTool("execsnoop", "--otlp", f"http://127.0.0.1:{receiver.port}")
            subprocess.run(["true"], check=True)
            metrics = tool.scrape_until(
                lambda one: one.get("snoop_export_rows_total", tool="execsnoop", outcome="sent"))
            tool.stop()
        self.assertGreaterEqual(metrics.get("snoop_export_rows_total", tool="execsnoop", outcome="sent"), 1)
        self.assertEqual(metrics.get("snoop_export_rows_total", tool="execsnoop", outcome="dropped"), 0)
        self.assertEqual(metrics.total("snoop_export_dropped_rows_total"), 0)
        self.check_manual(metrics, "execsnoop", {"snoop_export_rows_total", "snoop_export_dropped_rows_total",
                                                 "snoop_export_queued_rows"})

    def test_cost_of_programs(self):
        setting = "/proc/sys/kernel/bpf_stats_enabled"
        with open(setting, encoding="ascii") as file:
            before = file.read()
        try:
            with open(setting, "w", encoding="ascii") as file:
                file.write("1")
        except OSError as error:
            self.skipTest(error)
        try:
            tool = MetricsTool("execcount")
            subprocess.run(["true"], check=True)
            metrics = tool.scrape()
            tool.stop()
        finally:
            with open(setting, "w", encoding="ascii") as file:
                file.write(before)
        labels = {"tool": "execcount", "program": "on_exec"}
        self.assertGreaterEqual(metrics.get("snoop_bpf_runs_total", **labels), 1)
        self.assertTrue(1e-8 < metrics.get("snoop_bpf_run_seconds_total", **labels) < 1)
        self.check_manual(metrics, "execcount", {"snoop_bpf_runs_total", "snoop_bpf_run_seconds_total"})

    def test_keys_of_execcount(self):
        for by, label, value in (("uid", "uid", str(os.getuid())), ("ret", "errno", "OK")):
            with self.subTest(by):
                tool = MetricsTool("execcount", "-x", "--by", by)
                subprocess.run(["true"], check=True)
                metrics = tool.scrape()
                tool.stop()
                self.assertGreaterEqual(metrics.get("snoop_execs_total", **{label: value}), 1)
        for by in "path", "exe", "cgroup":
            self.check_refused(["execcount", "--metrics", "0", "--by", by], 2, "--metrics: a path cannot be a label: give --by ")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""metrics_test.py BIN: the tools in BIN trace, as root, and serve metrics by --metrics, which this scrapes, or write them
by --metrics-file. A tool that has not ended after LIMIT is killed, which no test needs."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from receiver import Receiver

LIMIT = 60  # seconds
NOBODY = "65534"
folder = ""  # with copies of the tools that everybody can execute

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


class Tool(subprocess.Popen):
    """Returns when it traces; `url` is where it serves metrics."""

    def __init__(self, name, *args, metrics=("--metrics", "0"), **variables):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "SUDO_"))}
        ready, write = os.pipe()
        self.out, self.err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        super().__init__([f"{folder}/{name}", *metrics, *args], stdin=subprocess.DEVNULL, stdout=self.out,
                         stderr=self.err, env={**env, "SNOOP_READY_FD": str(write), **variables}, pass_fds=[write])
        os.close(write)
        begun = os.read(ready, 1)
        os.close(ready)
        if begun != b"\n":
            raise AssertionError(self.end()[1])
        where = re.search(r"metrics: (\S+)", self.said())
        self.url = where[1] if where else None

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def scrape(self):
        with urllib.request.urlopen(self.url, timeout=LIMIT) as answer:
            return Metrics(answer.read())

    def helper(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            return int(children.read().split()[0])

    def end(self, number=signal.SIGINT):
        """Returns stdout and stderr."""
        self.send_signal(number)
        try:
            self.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        texts = []
        for file in self.out, self.err:
            file.seek(0)
            texts.append(file.read())
            file.close()
        return texts


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def run_as(there, name, times=1):
    """Runs a program with this name, of bytes."""
    file = os.fsencode(there) + b"/" + name
    if not os.path.exists(file):
        shutil.copy("/bin/true", file)
    for _ in range(times):
        subprocess.run([file], check=True)


class MetricsTest(unittest.TestCase):
    def check_accounting(self, metrics, tool, stderr):
        """What was seen at the end is at least what the scrape had; its parts are in both."""
        seen = int(re.search(r"seen (\d+)", stderr)[1])
        outcomes = metrics.by("snoop_events_total", "outcome")
        self.assertLessEqual(sum(outcomes.values()), seen)
        for outcome in outcomes:
            self.assertEqual(metrics.get("snoop_events_total", tool=tool, outcome=outcome), outcomes[outcome])
        self.assertEqual(outcomes["lost"], metrics.total("snoop_events_lost_total"))

    def check_with_promtool(self, metrics):
        if not shutil.which("promtool"):
            self.skipTest("promtool is missing: install prometheus")
        ran = subprocess.run(["promtool", "check", "metrics"], input=metrics.text, capture_output=True, text=True,
                             check=False)
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "", ""))

    def test_execcount(self):
        with tempfile.TemporaryDirectory() as there:
            tool = Tool("execcount", "--by", "comm")
            run_as(there, b"metrics-one", 3)
            run_as(there, b"\xff\"\n", 2)
            before = tool.scrape()
            run_as(there, b"metrics-one", 4)
            after = tool.scrape()
            stdout, stderr = tool.end()
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
                tool = Tool("opencount", "--by", by)
                subprocess.run(["cat", "/nowhere/x"], check=False, stderr=subprocess.DEVNULL)
                metrics = tool.scrape()
                _, stderr = tool.end()
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
                tool = Tool("xdpcount", "lo", "--by", by, "--drop", "udp/9")
                for _ in range(3):
                    sender.sendto(b"x" * 100, ("127.0.0.1", 9))
                metrics = tool.scrape()
                _, stderr = tool.end()
                labels = {key: value for key, value in {**labels, "direction": "in"}.items()}
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
            if not shutil.which("cc"):
                self.skipTest("cc is missing")
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source.name], check=True)
            calls = "import ctypes,sys; f=ctypes.CDLL(sys.argv[1]).nap; [f() for _ in range(5)]"
            for args in [], ["-i", "0.2"], ["-u"], ["--count"]:
                with self.subTest(args):
                    tool = Tool("funclat", f"{library}:nap", *args)
                    for _ in range(2):
                        subprocess.run([sys.executable, "-c", calls, library], check=True)
                        time.sleep(0.3 if "-i" in args else 0)  # calls of several intervals
                    metrics = tool.scrape()
                    _, stderr = tool.end()
                    labels = {"function": "nap", "binary": "libmetrics.so"}
                    self.check_accounting(metrics, "funclat", stderr)
                    self.check_manual(metrics, "funclat")
                    self.check_with_promtool(metrics)
                    if args == ["--count"]:
                        self.assertEqual(metrics.get("snoop_function_calls_total", **labels), 10)
                        continue
                    name = "snoop_function_duration_seconds"
                    self.assertEqual(metrics.get(f"{name}_count", **labels), 10)
                    self.assertTrue(0.02 <= metrics.get(f"{name}_sum", **labels) < 2)
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
            tool = Tool("openguard", "/etc/hostname")
        except AssertionError as error:
            self.skipTest(error)
        for _ in range(3):
            subprocess.run(["cat", "/etc/hostname"], stdout=subprocess.DEVNULL, check=True)
        time.sleep(0.2)  # until the rows are printed
        metrics = tool.scrape()
        _, stderr = tool.end()
        self.assertEqual(metrics.get("snoop_guard_decisions_total", decision="audited", op="open"), 3)
        self.assertEqual(metrics.get("snoop_guard_decisions_total", decision="denied", op="open"), 0)
        self.check_accounting(metrics, "openguard", stderr)
        self.check_manual(metrics, "openguard")

    def test_event_tools(self):
        for name in "execsnoop", "opensnoop":
            with self.subTest(name):
                tool = Tool(name)
                subprocess.run(["true"], check=True)
                end = time.monotonic() + LIMIT
                metrics = tool.scrape()
                while metrics.get("snoop_events_total", tool=name, outcome="printed") < 1 and time.monotonic() < end:
                    metrics = tool.scrape()
                stdout, stderr = tool.end()
                self.assertGreaterEqual(metrics.get("snoop_events_total", tool=name, outcome="printed"), 1)
                self.assertIn("true", stdout)
                self.check_accounting(metrics, name, stderr)
                self.check_manual(metrics, name)
                self.check_with_promtool(metrics)

    def test_rows_that_are_exported(self):
        with Receiver() as receiver:
            tool = Tool("execsnoop", "--otlp", f"http://127.0.0.1:{receiver.port}")
            subprocess.run(["true"], check=True)
            end = time.monotonic() + LIMIT
            metrics = tool.scrape()
            while not metrics.get("snoop_export_rows_total", tool="execsnoop", outcome="sent") and time.monotonic() < end:
                time.sleep(0.1)
                metrics = tool.scrape()
            tool.end()
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
            tool = Tool("execcount")
            subprocess.run(["true"], check=True)
            metrics = tool.scrape()
            tool.end()
        finally:
            with open(setting, "w", encoding="ascii") as file:
                file.write(before)
        labels = {"tool": "execcount", "program": "on_exec"}
        self.assertGreaterEqual(metrics.get("snoop_bpf_runs_total", **labels), 1)
        self.assertTrue(1e-8 < metrics.get("snoop_bpf_run_seconds_total", **labels) < 1)
        self.check_manual(metrics, "execcount", {"snoop_bpf_runs_total", "snoop_bpf_run_seconds_total"})

    def check_manual(self, metrics, tool, more=frozenset()):
        """The manual page lists what was served, and nothing else but what only some runs have."""
        sometimes = {"snoop_bpf_runs_total", "snoop_bpf_run_seconds_total", "snoop_export_rows_total",
                     "snoop_export_dropped_rows_total", "snoop_export_queued_rows", "snoop_function_calls_total",
                     "snoop_function_duration_seconds"} - more
        served = set(re.findall(r"^# TYPE (snoop_\w+)", metrics.text, re.M))
        with open(f"{os.path.dirname(__file__)}/../../docs/man/{tool}.8", encoding="utf-8") as page:
            listed = set(re.findall(r"snoop_\w+", page.read().replace("\\", "")))
        self.assertLessEqual(served, listed)
        self.assertLessEqual(listed - served, sometimes)

    def test_keys_of_execcount(self):
        for by, label, value in (("uid", "uid", str(os.getuid())), ("ret", "errno", "OK")):
            with self.subTest(by):
                tool = Tool("execcount", "-x", "--by", by)
                subprocess.run(["true"], check=True)
                metrics = tool.scrape()
                tool.end()
                self.assertGreaterEqual(metrics.get("snoop_execs_total", **{label: value}), 1)
        for by in "path", "exe", "cgroup":
            self.check_refused(["execcount", "--metrics", "0", "--by", by], 2, "--metrics: a path cannot be a label: give --by ")

    def test_bounds_labels(self):
        with tempfile.TemporaryDirectory() as there:
            tool = Tool("execcount", "--by", "comm", "--max-keys", "230")
            for i in range(250):
                run_as(there, f"p{i}".encode())
            metrics = tool.scrape()
            _, stderr = tool.end()
        execs = metrics.by("snoop_execs_total", "comm")
        self.assertEqual(len(execs), 201)
        self.assertGreaterEqual(execs["_other"], 50)
        self.check_accounting(metrics, "execcount", stderr)
        self.assertGreaterEqual(metrics.get("snoop_events_total", tool="execcount", outcome="other"), 20)

    def test_shows_tables_if_asked(self):
        for args in ["-i", "0.1"], ["--once"]:
            with self.subTest(args):
                tool = Tool("execcount", *args)
                subprocess.run(["true"], check=True)
                self.assertGreater(tool.scrape().total("snoop_execs_total"), 0)
                if args[0] == "--once":
                    tool.wait(LIMIT)
                stdout, _ = tool.end()
                self.assertIn("PER-SEC", stdout)

    def check_refused(self, args, code, text):
        with tempfile.TemporaryDirectory() as there:
            name, *rest = args
            ran = subprocess.run([f"{folder}/{name}", *rest, "--", "touch", f"{there}/ran"], capture_output=True,
                                 text=True, check=False)
            self.assertEqual(ran.returncode, code, ran.stderr)
            self.assertIn(text, ran.stderr)
            self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
            self.assertFalse(os.path.exists(f"{there}/ran"))

    def test_checks_before_it_traces(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for port in address, address[10:]:
                self.check_refused(["execcount", "--metrics", port], 125,
                                   f"--metrics: cannot listen at {address}: Address already in use (EADDRINUSE)")
        for address in "", "x", "1.2.3:80", "127.0.0.1:", "::1:80", "[::1]", "80s", "70000", "localhost:80":
            self.check_refused(["execcount", "--metrics", address], 2, f"--metrics: invalid address '{address}': give PORT")
        self.check_refused(["execcount", "--metrics-file", "/tmp/x"], 2, "must end in .prom")
        self.check_refused(["execcount", "--metrics-file", "/nowhere/x.prom"], 125,
                           "--metrics-file: cannot write '/nowhere/x.prom': No such file or directory (ENOENT)")
        self.check_refused(["execcount", "--metrics-file", "x.prom", "--metrics", "1"], 2, "cannot be combined")

    def test_helper_has_no_privileges(self):
        daemon = {"SUDO_UID": "1", "SUDO_GID": "1", "SUDO_USER": "daemon"}
        with tempfile.TemporaryDirectory() as there:
            for metrics, variables, uid in ((["--metrics", "0"], {}, NOBODY), (["--metrics", "0"], daemon, "1"),
                                            (["--metrics-file", f"{there}/x.prom"], {}, "0")):
                with self.subTest(uid=uid):
                    tool = Tool("execcount", metrics=metrics, **variables)
                    status, own = status_of(tool.helper()), status_of(tool.pid)
                    tool.end()
                    self.assertEqual(status["Name"], "snoop-export")
                    self.assertEqual(status["Uid"].split(), [uid] * 4)
                    for kind in "CapInh", "CapPrm", "CapEff", "CapAmb":
                        self.assertEqual(int(status[kind], 16), 0, kind)
                    self.assertEqual(status["NoNewPrivs"], "1")
                    self.assertEqual(own["Seccomp"], "2")  # the tool reads its maps in the sandbox

    def test_says_that_the_tool_does_not_answer(self):
        tool = Tool("execcount")
        os.kill(tool.pid, signal.SIGSTOP)
        begin = time.monotonic()
        for _ in range(2):
            metrics = tool.scrape()
            self.assertEqual(metrics.get("snoop_up", tool="execcount"), 0)
            self.assertEqual(metrics.total("snoop_execs_total"), 0)
        self.assertLess(time.monotonic() - begin, 20)
        os.kill(tool.pid, signal.SIGCONT)
        self.assertEqual(tool.scrape().get("snoop_up", tool="execcount"), 1)
        _, stderr = tool.end()
        self.assertEqual(stderr.count("execcount did not answer a scrape within 5 s"), 1, stderr)
        self.assertEqual(tool.returncode, 0)

    def test_goes_on_without_its_helper(self):
        tool = Tool("execcount")
        helper = tool.helper()
        os.kill(helper, signal.SIGKILL)
        end = time.monotonic() + LIMIT
        while not status_of(helper)["State"].startswith("Z") and time.monotonic() < end:
            time.sleep(0.01)
        subprocess.run(["true"], check=True)
        _, stderr = tool.end()
        self.assertEqual(stderr.count("snoop-export has ended: metrics are no longer served"), 1, stderr)
        self.assertIn("lost 0", stderr)
        self.assertEqual(tool.returncode, 1)

    def test_frees_its_address(self):
        tool = Tool("execcount")
        port = tool.url.split(":")[2].split("/")[0]
        tool.scrape()
        tool.end()
        tool = Tool("execcount", metrics=["--metrics", f"127.0.0.1:{port}"])
        self.assertEqual(tool.scrape().get("snoop_up", tool="execcount"), 1)
        tool.end(signal.SIGTERM)

    def test_writes_a_file(self):
        with tempfile.TemporaryDirectory() as there:
            file = f"{there}/execcount.prom"
            tool = Tool("execcount", metrics=["--metrics-file", file])
            end = time.monotonic() + LIMIT
            while not os.path.getsize(file) and time.monotonic() < end:
                time.sleep(0.01)
            with open(file, "rb") as text:
                metrics = Metrics(text.read())
            mode = os.stat(file).st_mode & 0o777
            files = os.listdir(there)
            _, stderr = tool.end()
            self.assertEqual(os.listdir(there), [], stderr)
        self.assertEqual(tool.returncode, 0, stderr)
        self.assertEqual(files, ["execcount.prom"])
        self.assertEqual(mode, 0o644)
        self.assertEqual(metrics.get("snoop_up", tool="execcount"), 1)
        self.assertIn(f"metrics: {file}", stderr)
        self.check_with_promtool(metrics)


def main():
    global folder
    if os.geteuid() != 0:
        print("needs root")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as there:
        os.chmod(there, 0o755)
        folder = there
        for name in ("snoop-export", "usdtsnoop", "execcount", "opencount", "xdpcount", "funclat", "openguard", "execsnoop", "opensnoop"):
            shutil.copy(f"{sys.argv[1]}/{name}", there)
        unittest.main(argv=sys.argv[:1] + sys.argv[2:])


if __name__ == "__main__":
    main()

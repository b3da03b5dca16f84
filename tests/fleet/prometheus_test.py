#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prometheus scrapes execcount and opencount with docs/fleet/prometheus.yml, and sees the true rate; rules and the queries
of the dashboard work. tests/fleet/run runs this."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import tool as tools
from metrics import MetricsTool
from server import DOCS, Server, folder, wait_until, work

PORT = 9090
RATE = 50  # programs a second
WINDOW = 20  # seconds
WEIRD = b'\xff"\n\\'


class Execs(threading.Thread):
    """Executes a program RATE times a second: true, called `name`."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.program = os.fsencode(folder()) + b"/" + name
        shutil.copy(work / "bin" / "bench" / "nothing", self.program)
        self.done = threading.Event()

    def run(self):
        begin, count = time.monotonic(), 0
        while not self.done.is_set():
            subprocess.run([self.program], check=True)
            count += 1
            time.sleep(max(0, begin + count / RATE - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def get(path, **query):
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        return json.load(answer)["data"]


def ask(expression):
    return get("/api/v1/query", query=expression)["result"]


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tools.folder = f"{work}/bin"
        cls.tools = [subprocess.Popen([f"{work}/bin/{name}", "--by", "comm", "--metrics", str(port)],
                                      stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                     for name, port in {"execcount": 9750, "opencount": 9751}.items()]
        there = folder()
        text = (DOCS / "prometheus.yml").read_text()
        assert text.count("scrape_interval: 15s") == 1
        (there / "prometheus.yml").write_text(text.replace("scrape_interval: 15s", "scrape_interval: 1s"))
        shutil.copy(DOCS / "rules.yml", there)
        cls.server = Server("prometheus", f"--config.file={there}/prometheus.yml", f"--storage.tsdb.path={there}/data",
                            f"--web.listen-address=127.0.0.1:{PORT}", chroot=os.environ["SNOOP_SERVERS"], port=PORT)
        wait_until(lambda: "Server is ready" in cls.server.text(), "Prometheus")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        for tool in cls.tools:
            tool.send_signal(signal.SIGINT)
            tool.wait()

    def test_1_sees_the_true_rate(self):
        with Execs(b"fifty-a-second"):
            query = f'rate(snoop_execs_total{{comm="fifty-a-second"}}[{WINDOW}s])'
            wait_until(lambda: ask(query), "the first rate")
            time.sleep(WINDOW + 2)
            rates = []
            for _ in range(5):
                rates.append(float(ask(query)[0]["value"][1]))
                time.sleep(1)
        print(f"rates: {rates}", flush=True)
        for rate in rates:
            self.assertAlmostEqual(rate, RATE, delta=2)

    def test_2_survives_any_name(self):
        with Execs(WEIRD):
            name = r'\xff"\n\\'  # as all tools print it
            wait_until(lambda: name in [each["metric"]["comm"] for each in ask("snoop_execs_total")], "its series")
            time.sleep(2)
            self.assertEqual({each["value"][1] for each in ask("up")}, {"1"})
            for target in get("/api/v1/targets")["activeTargets"]:
                self.assertEqual((target["health"], target["lastError"]), ("up", ""))

    def test_3_runs_the_rules(self):
        for each in get("/api/v1/rules")["groups"][0]["rules"]:
            self.assertEqual(each["health"] if each["health"] != "unknown" else "ok", "ok", each)
        for command in ("promtool check rules rules.yml", "promtool test rules rules_test.yml",
                        "promtool check config prometheus.yml"):
            there = folder()
            for file in DOCS.glob("*.yml"):
                shutil.copy(file, there)
            ran = subprocess.run(["chroot", os.environ["SNOOP_SERVERS"], "sh", "-c", f"cd {there}; {command}"],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_4_runs_the_queries_of_the_dashboard(self):
        board = json.loads((DOCS / "grafana.json").read_text())
        variables = {"$instance": ".*", "$__rate_interval": "10s"}
        for panel in board["panels"]:
            for target in panel["targets"]:
                query = re.sub(r"\$\w+", lambda name: variables[name[0]], target["expr"])
                with self.subTest(panel["title"]):
                    wait_until(lambda query=query: ask(query), query, 20)
                    labels = set().union(*(each["metric"] for each in ask(query)))
                    self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), labels)
        instances = get("/api/v1/label/instance/values", **{"match[]": "snoop_build_info"})
        self.assertEqual(sorted(instances), ["127.0.0.1:9750", "127.0.0.1:9751"])
        self.assertIn("label_values(snoop_build_info, instance)", [each["query"] for each in board["templating"]["list"]])

    def test_5_promtool_finds_no_fault(self):
        there = folder()
        libc = shutil.copy(re.search(r"/\S+/libc\.so\.6", Path("/proc/self/maps").read_text())[0], there)
        for name, *args in (["execcount"], ["opencount", "--by", "comm"], ["xdpcount", "lo"], ["execsnoop"],
                            ["funclat", f"{libc}:clock_nanosleep"]):
            with self.subTest(name):
                tool = MetricsTool(name, *args)
                subprocess.run(["env", f"LD_LIBRARY_PATH={there}", "sleep", "0.01"], check=True)
                text = tool.scrape().text
                tool.stop()
                ran = subprocess.run(["chroot", os.environ["SNOOP_SERVERS"], "promtool", "check", "metrics"], input=text,
                                     capture_output=True, text=True, check=False)
                self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)

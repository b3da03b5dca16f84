#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools_test.py BIN: the tools in BIN trace, as root, and send their rows to a receiver on loopback by --otlp. Whatever
becomes of the receiver and of snoop-export, each row is printed and accounted for."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tool as tools
from receiver import Receiver, attributes, refuse, wait_for
from tool import LIMIT, NOBODY, Tool, ToolTest, main, run_true, status_of, url_of

OPENS = """
import os, sys
for i in range(int(sys.argv[1])):
    try: os.open(f"/nowhere/{i}", os.O_RDONLY)
    except OSError: pass
"""


class ToolsTest(ToolTest):
    def test_sends_what_it_prints(self):
        for name, args in {
                "execsnoop": ["-o", "json", "--", "sh", "-c", "true; cat /etc/passwd"],
                "opensnoop": ["-o", "json", "--", "cat", "/etc/passwd"],
                "openguard": ["-o", "json", "/etc/passwd", "--", "cat", "/etc/passwd"],
        }.items():
            with self.subTest(name), Receiver() as receiver:
                ended = Tool(name, url_of(receiver), *args).end()
                if name == "openguard":
                    self.skip_without_lsm(ended.stderr)
                self.check(ended, 0, printed=len(ended.rows), sent=len(ended.rows))
                self.assertGreater(len(ended.rows), 0)
                self.assertEqual([int(attributes(record)["process.pid"]["intValue"]) for record in receiver.records],
                                 [row["pid"] for row in ended.rows])
        with Receiver() as receiver:
            probe = "libstdc++.so.6:libstdcxx:throw"
            self.check(Tool("usdtsnoop", url_of(receiver), "-d", "0.1", probe).end(), 0, sent=len(receiver.records))

    def test_sends_slow_calls(self):
        # Probes of the system's own file would be in all programs.
        with open("/proc/self/maps", encoding="utf-8") as maps:
            libc = shutil.copy(re.search(r"/\S+/libc\.so\.6", maps.read())[0], tools.folder)
        command = ["--", "env", f"LD_LIBRARY_PATH={tools.folder}", "sleep", "0.01"]
        for args in [], ["-o", "json"]:
            with self.subTest(args), Receiver() as receiver:
                ended = Tool("funclat", url_of(receiver), *args, "--slower", "5ms", f"{libc}:clock_nanosleep",
                             *command).end()
                self.assertEqual((ended.code, ended.printed, ended.sent), (0, 1, 1), ended.stderr)
                sent = attributes(receiver.records[0])
                self.assertEqual(sent["code.function.name"], {"stringValue": "clock_nanosleep"})
                self.assertGreaterEqual(int(sent["snoop.duration"]["intValue"]), 5_000_000)
                self.assertEqual(sent["process.owner"], {"stringValue": "root"})
        ended = Tool("funclat", "http://127.0.0.1:4318", f"{libc}:clock_nanosleep").end()
        self.assertEqual(ended.code, 2)
        self.assertIn("--otlp requires --slower", ended.stderr)

    def test_sends_all_keys_and_prints_text(self):
        for args in [], ["--fields", "comm"], ["-o", "csv"]:
            with self.subTest(args), Receiver() as receiver:
                ended = Tool("execsnoop", url_of(receiver), *args, "--", "true").end()
                self.check(ended, 0, sent=1)
                self.assertEqual(len(ended.text), 2)
                sent = attributes(receiver.records[0])
                self.assertEqual(sent["process.working_directory"], {"stringValue": os.getcwd()})
                self.assertEqual(sent["process.owner"], {"stringValue": "root"})
                self.assertNotIn("process.command_args", sent)
        with Receiver() as receiver:
            self.check(Tool("execsnoop", url_of(receiver), "--otlp-args", "--", "true", "x").end(), 0, sent=1)
            self.assertEqual(attributes(receiver.records[0])["process.command_args"],
                             {"arrayValue": {"values": [{"stringValue": "true"}, {"stringValue": "x"}]}})

    def test_says_it_in_json(self):
        with Receiver() as receiver:
            ended = Tool("execsnoop", url_of(receiver), "-o", "json", "--", "true").end()
            self.check(ended, 0, sums={
                "event": "export", "tool": "execsnoop", "printed": 1, "sent": 1, "queued": 0, "dropped": 0,
                "dropped_by": {"queue_full": 0, "rejected": 0, "invalid": 0, "spool_damaged": 0,
                               "exporter_slow": 0, "exporter_ended": 0},
                "spooled": 0, "former_sent": 0, "former_queued": 0, "former_dropped": 0})

    def test_helper_has_no_privileges(self):
        daemon = {"SUDO_UID": "1", "SUDO_GID": "1", "SUDO_USER": "daemon"}
        for variables, uid in ({}, NOBODY), (daemon, 1), ({**daemon, "SUDO_UID": "0"}, NOBODY):
            with self.subTest(uid=uid), Receiver() as receiver:
                tool = Tool("execsnoop", url_of(receiver), wait=True, **variables)
                helper = tool.helper()
                status = status_of(helper)
                files = [os.readlink(f"/proc/{helper}/fd/{fd}") for fd in os.listdir(f"/proc/{helper}/fd")]
                run_true()
                self.assertGreater(tool.end(signal.SIGTERM).sent, 0)
                self.assertEqual(status["Name"], "snoop-export")
                self.assertEqual(status["Uid"].split(), [str(uid)] * 4)
                for kind in "CapInh", "CapPrm", "CapEff", "CapAmb":
                    self.assertEqual(int(status[kind], 16), 0)
                self.assertEqual(status["NoNewPrivs"], "1")
                self.assertEqual([file for file in files if "pipe:" in file], [])  # that of SNOOP_READY_FD

    def test_ends_by_signals_and_duration(self):
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, None:
            release = threading.Event()
            with self.subTest(number), Receiver(wait_for(release)) as receiver:
                tool = Tool("execsnoop", url_of(receiver), *([] if number else ["-d", "2"]), wait=True)
                run_true(5)
                self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
                if number:
                    os.killpg(tool.pid, number)
                    time.sleep(0.5)  # the signal is older than the answer
                release.set()
                ended = tool.end()
                self.check(ended, 0, queued=0, dropped=0, sent=len(receiver.records))
                self.assertGreaterEqual(ended.sent, 5)

    def test_ends_in_time_if_there_is_no_answer(self):
        for args, code in ([], 0), (["--strict"], 125):
            release = threading.Event()
            with self.subTest(args), Receiver(*[wait_for(release)] * 9) as receiver:
                begin = time.monotonic()
                ended = Tool("execsnoop", url_of(receiver), "--otlp-timeout", "1", *args, "--", "true").end()
                self.assertLess(time.monotonic() - begin, 5)
                release.set()
                self.check(ended, code, printed=1, queued=1)

    def test_a_signal_ends_the_waiting(self):
        release = threading.Event()
        with Receiver(*[wait_for(release)] * 9) as receiver:
            tool = Tool("execsnoop", url_of(receiver), "--otlp-timeout", "50", "-d", "1", wait=True)
            run_true()
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            tool.wait_for_message("waiting up to 50 s")
            begin = time.monotonic()
            ended = tool.end(signal.SIGINT)
            self.assertLess(time.monotonic() - begin, 5)
            release.set()
            self.check(ended, 0, sent=0, dropped=0)

    def test_counts_what_is_rejected(self):
        with Receiver(refuse(400, b'{"message":"bad"}')) as receiver:
            ended = Tool("execsnoop", url_of(receiver), "--strict", "--", "true").end()
            self.check(ended, 125, printed=1, causes={"rejected": 1})
            self.assertIn("HTTP status 400: bad", ended.stderr)

    def test_goes_on_without_its_helper(self):
        with Receiver() as receiver:
            tool = Tool("execsnoop", url_of(receiver), "-o", "json", wait=True)
            run_true(3)
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            os.kill(tool.helper(), signal.SIGKILL)
            run_true(5)
            tool.send_signal(signal.SIGINT)
            ended = tool.end()
        self.check(ended, 1, printed=len(ended.rows), queued=0)
        self.assertGreaterEqual(len(ended.rows), 8)
        self.assertEqual(ended.stderr.count("snoop-export was killed by SIGKILL: rows are no longer sent"), 1)
        self.assertGreaterEqual(ended.causes["exporter ended"], 5)
        self.assertLessEqual(ended.sent, len(receiver.records))

    def test_never_waits_for_its_helper(self):
        count = 20000
        with Receiver() as receiver:
            tool = Tool("opensnoop", url_of(receiver), "--otlp-timeout", "30", "--path", "/nowhere", wait=True)
            os.kill(tool.helper(), signal.SIGSTOP)
            subprocess.run([sys.executable, "-c", OPENS, str(count)], check=True)
            os.kill(tool.helper(), signal.SIGCONT)
            ended = tool.end(signal.SIGINT)
            self.check(ended, 0, printed=count, sent=len(receiver.records))
            self.assertEqual(len(ended.text), count + 1)
            self.assertGreater(ended.causes["exporter slow"], 0)
            self.assertGreater(ended.sent, 1000)

    def test_sends_a_burst_without_another_event(self):
        count = 3000  # more than the socket takes at once
        with Receiver() as receiver:
            tool = Tool("opensnoop", url_of(receiver), "--path", "/nowhere", wait=True)
            subprocess.run([sys.executable, "-c", OPENS, str(count)], check=True)
            begin = time.monotonic()
            while len(receiver.records) < count and time.monotonic() < begin + LIMIT:
                time.sleep(0.01)
            self.assertEqual(len(receiver.records), count)
            self.check(tool.end(signal.SIGINT), 0, printed=count, sent=count)

    def test_does_not_see_its_helper(self):
        with Receiver(refuse(503), refuse(503)) as receiver:
            tool = Tool("opensnoop", url_of(receiver), "-o", "json", wait=True)
            helper = tool.helper()
            run_true()
            for _ in range(3):
                self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            ended = tool.end(signal.SIGINT)
        self.assertNotIn(helper, [row["pid"] for row in ended.rows])

    def test_sends_a_recording(self):
        count = 40000  # far more than the queue holds
        with tempfile.TemporaryDirectory() as there, Receiver() as receiver:
            file = f"{there}/opens"
            ended = subprocess.run([f"{tools.folder}/opensnoop", "--record", file, "--path", "/nowhere", "--", sys.executable,
                                    "-c", OPENS, str(count)], stdout=subprocess.DEVNULL, check=True)
            os.chmod(there, 0o755)
            os.chmod(file, 0o644)
            ended = Tool("opensnoop", url_of(receiver), "--otlp-queue", "1M", "--replay", file, user=NOBODY).end()
            self.check(ended, 0, printed=count, sent=count)
            self.assertEqual(len(set(receiver.uids)), count)
        with tempfile.TemporaryDirectory() as there:  # nobody listens there any more
            os.chmod(there, 0o755)
            file = f"{there}/opens"
            subprocess.run([f"{tools.folder}/opensnoop", "--record", file, "--", "true"], stdout=subprocess.DEVNULL, check=True)
            os.chmod(file, 0o644)
            self.check(Tool("opensnoop", url_of(receiver), "--otlp-timeout", "0.5", "--replay", file, user=NOBODY).end(),
                       0, sent=0, dropped=0)

    def test_checks_before_it_traces(self):
        with tempfile.TemporaryDirectory() as there:
            os.chmod(there, 0o755)
            alone = shutil.copy(f"{tools.folder}/execsnoop", there)
            for args, code, text in (
                    ([f"{tools.folder}/execsnoop", "--otlp", "ftp://x"], 2, "invalid URL 'ftp://x'"),
                    ([f"{tools.folder}/execsnoop", "--otlp-timeout", "1"], 2, "--otlp-timeout needs --otlp"),
                    ([f"{tools.folder}/execsnoop", "--otlp", "http://x", "--otlp-queue", "1"], 2, "--otlp-queue: "),
                    ([alone, "--otlp", "http://x"], 3, f"needs snoop-export, which is neither in '{there}' nor in PATH")):
                with self.subTest(args):
                    ran = subprocess.run([*args, "--", "touch", f"{there}/ran"], env={"PATH": "/usr/bin:/bin"},
                                         capture_output=True, text=True, check=False)
                    self.assertEqual(ran.returncode, code, ran.stderr)
                    self.assertIn(text, ran.stderr)
                    self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
                    self.assertFalse(os.path.exists(f"{there}/ran"))

    def test_finds_the_helper_in_the_path(self):
        with tempfile.TemporaryDirectory() as there, Receiver() as receiver:
            os.chmod(there, 0o755)
            alone = shutil.copy(f"{tools.folder}/execsnoop", there)
            tool = Tool("execsnoop", url_of(receiver), "--", "true", program=alone, PATH=f"{tools.folder}:/usr/bin:/bin")
            self.check(tool.end(), 0, sent=1)

    def test_links_nothing_for_it(self):
        def needed(name):
            out = subprocess.run(["readelf", "-dW", f"{tools.folder}/{name}"], capture_output=True, text=True, check=True)
            return set(re.findall(r"NEEDED.*\[(\w+)", out.stdout))

        # execcount has no --otlp.
        self.assertIn("libcurl", needed("snoop-export"))
        for name in "execsnoop", "opensnoop", "openguard", "usdtsnoop":
            self.assertEqual(needed(name) | {"libelf"}, needed("execcount") | {"libelf"})  # which usdtsnoop uses


if __name__ == "__main__":
    main()

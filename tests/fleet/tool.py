# SPDX-License-Identifier: BSD-2-Clause
"""A tool that sends its rows by --otlp, and what it said at its end."""
import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

LIMIT = 60  # seconds; a tool that has not ended by then is killed, which no test needs
NOBODY = 65534
folder = ""  # with the tools


class Ended:
    """What a run said."""

    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr
        self.rows = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
        self.text = [line for line in stdout.splitlines() if not line.startswith("{")]
        numbers = re.search(r"^[a-z]+: printed (\d+) = sent (\d+) \+ queued (\d+) \+ dropped (\d+)(.*)$", stderr, re.M)
        if numbers:
            self.printed, self.sent, self.queued, self.dropped = map(int, numbers.groups()[:4])
            self.more = {name: int(count) for name, count in re.findall(r"; ([a-z ]+) (\d+)", numbers[5])}
            self.causes = {name: int(count) for name, count in re.findall(r"; dropped, ([a-z ]+): (\d+)", numbers[5])}
        for line in stderr.splitlines():
            if line.startswith('{"event":"export"'):
                self.sums = json.loads(line)
                self.printed, self.sent, self.queued, self.dropped = list(self.sums.values())[2:6]
                self.causes = {name.replace("_", " "): count for name, count in self.sums["dropped_by"].items()}


def until(get, is_enough):
    """The first value that is enough, or, after LIMIT, the last one."""
    end = time.monotonic() + LIMIT
    value = get()
    while not is_enough(value) and time.monotonic() < end:
        time.sleep(0.01)
        value = get()
    return value


class Tool(subprocess.Popen):
    """A tool that sends its rows to `url`, or has other `options`. With `wait`, returns when it traces. `prefix` is a
    command that runs it."""

    def __init__(self, name, url, *args, options=None, wait=False, program=None, prefix=(), user=None, **variables):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "SUDO_"))}
        env.update(variables, no_proxy="*")
        ready, write = os.pipe()
        if wait:
            env["SNOOP_READY_FD"] = str(write)
        self.out, self.err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        super().__init__([*prefix, program or f"{folder}/{name}", *(options or ("--otlp", url)), *args], stdin=subprocess.DEVNULL,
                         stdout=self.out, stderr=self.err, env=env, pass_fds=[write] if wait else [], user=user,
                         group=user, extra_groups=[] if user else None, start_new_session=True)
        atexit.register(self.kill)  # if a test fails
        os.close(write)
        if wait and os.read(ready, 1) != b"\n":
            raise AssertionError(self.end().stderr)
        os.close(ready)

    def helper(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            return int(children.read().split()[0])

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def wait_for_message(self, text):
        if text not in until(self.said, lambda said: text in said):
            raise AssertionError(self.end(signal.SIGKILL).stderr)

    def end(self, number=None):
        if number:
            os.killpg(self.pid, number)  # as a terminal does
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
        return Ended(self.returncode, *texts)


class ToolTest(unittest.TestCase):
    def skip_without_lsm(self, said):
        """Skips the test if that is why a tool did not start, unless LSM programs must run here."""
        if "LSM programs need" in said and "lsm" not in os.environ.get("SNOOP_REQUIRE", "").split(","):
            self.skipTest(said)

    def check(self, ended, code, **expected):
        self.assertEqual(ended.code, code, ended.stderr)
        self.assertTrue(hasattr(ended, "printed"), ended.stderr)
        self.assertEqual(ended.printed, ended.sent + ended.queued + ended.dropped, ended.stderr)
        self.assertEqual(ended.dropped, sum(ended.causes.values()), ended.stderr)
        printed = re.search(r'(?:seen \d+ = printed |"accounting".*"printed":)(\d+)', ended.stderr)
        self.assertEqual(ended.printed, int(printed[1]), ended.stderr)
        for name, value in expected.items():
            self.assertEqual(getattr(ended, name), value, ended.stderr)

    def check_tree(self, spans, rows):
        """Returns the root. Each other span has the parent that execsnoop says; pids agree with that."""
        roots = [span for span in spans.values() if span.get("parentSpanId") not in spans]
        self.assertEqual(len(roots), 1, [root["name"] for root in roots])
        by_id = {row["exec_id"]: row for row in rows}
        for number, span in spans.items():
            if span is not roots[0]:
                row, parent = by_id[number], by_id[span["parentSpanId"]]
                self.assertEqual(span["parentSpanId"], row["parent_exec_id"])
                self.assertLessEqual(int(parent["ts_ns"]), int(row["ts_ns"]))
                self.assertNotIn("links", span)
        return roots[0]


def url_of(receiver):
    return f"http://127.0.0.1:{receiver.port}"


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def run_true(count=1):
    for _ in range(count):
        subprocess.run(["true"], check=True)


def main():
    """Runs the tests of the main module, as root, with copies of the tools in the folder that the command line names,
    which everybody can execute."""
    global folder
    source = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for each in ("execsnoop", "opensnoop", "openguard", "usdtsnoop", "funclat", "execcount", "opencount", "xdpcount",
                     "snoop-export"):
            shutil.copy(f"{source}/{each}", folder)
        trial = subprocess.run([f"{folder}/execsnoop", "-d", "0.01"], stderr=subprocess.PIPE, text=True, check=False)
        if trial.returncode == 3:
            print(f"skipped: {trial.stderr}")
            sys.exit(77)
        unittest.main()

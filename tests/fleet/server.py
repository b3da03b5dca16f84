# SPDX-License-Identifier: BSD-2-Clause
"""Servers of the tests that tests/fleet/run runs, and the two hosts between which some of them run."""
import atexit
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LIMIT = 60  # seconds
REPO = Path(__file__).resolve().parent.parent.parent
DOCS = REPO / "docs" / "fleet"
NOBODY = 65534
work = Path(os.environ.get("SNOOP_WORK", "/nonexistent"))  # the same path in the chroots


def folder():
    """A new folder, which everybody may change."""
    path = Path(tempfile.mkdtemp(dir=work))
    path.chmod(0o777)
    return path


def wait_until(done, what, limit=LIMIT):
    """Returns what done() returns, as soon as that is true."""
    end = time.monotonic() + limit
    while not (value := done()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {limit} s")
        time.sleep(0.02)
    return value


class Server(subprocess.Popen):
    """A server, as nobody; in `chroot`, if there is one. With `port`, it listens there before this returns. `prefix` is
    a command that runs it. What it prints is in the file `log`, or with `split`, its standard output in the file `out`."""

    def __init__(self, *command, chroot=None, port=None, address="127.0.0.1", prefix=(), user=NOBODY, split=False,
                 **variables):
        there = folder()
        self.log, self.out = there / "log", there / "out"
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(work), **variables}
        enter = ["chroot", f"--userspec={user}:{user}", chroot] if chroot else \
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        with open(self.log, "wb") as log, open(self.out, "wb") as out:
            super().__init__([*prefix, *enter, *map(str, command)], stdin=subprocess.DEVNULL, stdout=out if split else log,
                             stderr=log, env=env)
        atexit.register(self.stop, signal.SIGKILL)
        if port:
            wait_until(lambda: self.listens(port, address), f"{command[0]} listens at {port}")

    def listens(self, port, address):
        if self.poll() is not None:
            raise AssertionError(f"{self.args} ended with {self.returncode}:\n{self.text()}")
        if "nsenter" in self.args:  # in another host
            return f":{port:04X} " in Path(f"/proc/{self.pid}/net/tcp").read_text() + \
                Path(f"/proc/{self.pid}/net/tcp6").read_text()
        with socket.socket() as trial:
            return trial.connect_ex((address, port)) == 0

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, number=signal.SIGTERM):
        if self.poll() is None:
            self.send_signal(number)
            self.wait(LIMIT)

    def __exit__(self, *args):
        self.stop()
        super().__exit__(*args)


class Hosts:
    """Two network namespaces, a and b, with a cable between them. `a` and `b` are commands that run another there."""

    ADDRESSES = "10.77.0.1", "10.77.0.2"

    def __init__(self):
        self.keepers = [subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE)
                        for _ in "ab"]
        for keeper in self.keepers:
            keeper.stdout.readline()
            atexit.register(keeper.kill)
        self.a, self.b = (["nsenter", f"--net=/proc/{keeper.pid}/ns/net"] for keeper in self.keepers)
        a, b = (str(keeper.pid) for keeper in self.keepers)
        self.ip("link", "add", "cable", "netns", a, "type", "veth", "peer", "name", "cable", "netns", b)
        for host, address in zip((self.a, self.b), self.ADDRESSES):
            self.ip("link", "set", "lo", "up", host=host)
            self.ip("link", "set", "cable", "up", host=host)
            self.ip("address", "add", f"{address}/24", "dev", "cable", host=host)

    def ip(self, *args, host=()):
        subprocess.run([*host, "ip", *args], check=True)

    def plug(self, state):
        """Puts the cable "up" or "down"."""
        self.ip("link", "set", "cable", state, host=self.b)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for keeper in self.keepers:
            keeper.kill()
            keeper.wait()
            keeper.stdout.close()

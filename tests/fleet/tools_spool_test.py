#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools_spool_test.py BIN: tools with --otlp-spool leave rows on disk that they cannot send, and the next run sends
them, whoever runs it and however the first one ended."""
import os
import shutil
import signal
import tempfile
import threading

from receiver import Receiver, attributes, wait_for
from tool import LIMIT, Tool, ToolTest, main, run_true, status_of, url_of

NOWHERE = "http://127.0.0.1:1"  # where nobody listens
DAEMON = 1


class ToolsSpoolTest(ToolTest):
    def setUp(self):
        self.spool = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.spool)
        os.chown(self.spool, DAEMON, -1)

    def tool(self, url, *args, **more):
        timeout = "0.5" if url == NOWHERE else str(LIMIT)
        return Tool("execsnoop", url, "--otlp-spool", self.spool, "--otlp-timeout", timeout, *args, **more)

    def test_sends_what_a_former_run_left(self):
        ended = self.tool(NOWHERE, "--strict", "--", "sh", "-c", "true; true").end()
        left = ended.printed
        self.check(ended, 0, queued=left, more={"spooled": left})
        self.assertIn(f"{left} rows are in '{self.spool}': the next run with --otlp-spool sends them", ended.stderr)
        self.assertEqual(os.stat(f"{self.spool}/logs.sqlite").st_uid, DAEMON)
        with Receiver() as receiver:
            ended = self.tool(url_of(receiver), "-o", "json", "--", "true").end()
            self.check(ended, 0, printed=1, sent=1)
            self.assertEqual(ended.sums["former_sent"], left)
            self.assertEqual(len(set(receiver.uids)), left + 1)
            self.assertEqual(attributes(receiver.records[0])["process.executable.name"], {"stringValue": "sh"})

    def test_helper_is_the_owner(self):
        with Receiver() as receiver:
            tool = self.tool(url_of(receiver), wait=True)
            status = status_of(tool.helper())
            tool.end(signal.SIGTERM)
        self.assertEqual(status["Uid"].split(), [str(DAEMON)] * 4)
        self.assertEqual(status["Gid"].split(), [str(DAEMON)] * 4)  # not that of the folder, which is root's
        self.assertEqual(int(status["CapEff"], 16), 0)

    def test_survives_being_killed(self):
        release = threading.Event()
        with Receiver(wait_for(release)) as receiver:
            tool = self.tool(url_of(receiver), wait=True)
            run_true(20)
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))  # what is sent is on disk
            os.kill(tool.helper(), signal.SIGKILL)
            tool.kill()
            tool.end()
            release.set()
            sent = len(receiver.records)
        with Receiver() as receiver:
            ended = self.tool(url_of(receiver), "--", "true").end()
            self.check(ended, 0, sent=1)
            self.assertGreaterEqual(ended.more["sent of former runs"], 1)
            self.assertEqual(len(receiver.records), 1 + ended.more["sent of former runs"])
            self.assertEqual(len(set(receiver.uids)), len(receiver.records))
        self.assertGreaterEqual(len(receiver.records), sent)

    def test_checks_the_folder(self):
        def refuses(message):
            ended = self.tool(NOWHERE, "--", "true").end()
            self.assertEqual(ended.code, 2, ended.stderr)
            self.assertIn(message, ended.stderr)
            self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)

        os.chmod(self.spool, 0o777)
        refuses(f"others can write to '{self.spool}': chmod go-w '{self.spool}'")
        os.chown(self.spool, 0, -1)
        refuses(f"'{self.spool}' belongs to root, whom snoop-export does not run as")
        spool, self.spool = self.spool, self.spool + "/none"
        refuses(f"make it for the user that snoop-export is to run as: install -d -m 700 -o USER '{self.spool}'")
        self.spool = spool
        os.chmod(spool, 0o755)
        sudo = {"SUDO_UID": "1", "SUDO_GID": "1", "SUDO_USER": "daemon"}
        ended = self.tool(NOWHERE, "--", "true", **sudo).end()
        self.assertIn(f"'{spool}' belongs to user 0, but snoop-export runs as user 1, who must own it", ended.stderr)
        self.assertEqual(ended.code, 2, ended.stderr)


if __name__ == "__main__":
    main()

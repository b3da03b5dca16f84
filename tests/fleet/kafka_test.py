#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rsyslog sends the rows in /var/log/snoop to Kafka, with docs/fleet/rsyslog.conf: each once, as it is. The broker is
librdkafka's mock cluster, in the consumer. tests/fleet/run runs this."""
import os
import re
import subprocess
import time
import unittest
from collections import Counter
from pathlib import Path

import rows
from server import DOCS, Server, folder, wait_until


class KafkaTest(unittest.TestCase):
    def setUp(self):
        self.root = os.environ["SNOOP_SERVERS"]
        self.logs = Path(self.root) / "var/log/snoop"  # on a file system of this namespace
        self.logs.mkdir()
        self.addCleanup(subprocess.run, ["rm", "-r", self.logs], check=True)

    def kafka(self):
        """The consumer, which also is the broker, and its address."""
        consumer = self.enterContext(Server(
            "kcat", "-C", "-u", "-b", "127.0.0.1:1", "-t", "snoop", "-o", "beginning", "-D", "\\n", "-X", "debug=mock",
            "-X", "test.mock.num.brokers=1", "-X", "allow.auto.create.topics=true", "-X", "fetch.message.max.bytes=8000000",
            chroot=self.root, split=True))
        address = wait_until(lambda: re.search(r"replaced with (127\.0\.0\.1:\d+)", consumer.text()), "the mock cluster")
        return consumer, address[1]

    def rsyslog(self, broker):
        there = folder()
        text = (DOCS / "rsyslog.conf").read_text()
        self.assertEqual(text.count("kafka.example.com:9092"), 1)
        (there / "snoop.conf").write_text(text.replace("kafka.example.com:9092", broker))
        (there / "rsyslog.conf").write_text(f'global(workDirectory="{there}")\ninclude(file="{there}/snoop.conf")\n')
        trial = subprocess.run(["chroot", self.root, "rsyslogd", "-N1", "-f", there / "rsyslog.conf"], capture_output=True,
                               text=True, check=False)
        self.assertEqual(trial.returncode, 0, trial.stderr)
        return self.enterContext(Server("rsyslogd", "-n", "-i", "NONE", "-f", there / "rsyslog.conf", chroot=self.root, user=0))

    def test_each_row_is_a_message(self):
        expected = rows.lines()
        consumer, address = self.kafka()
        file = self.logs / "execsnoop.json"
        half = len(expected) // 2
        file.write_bytes(b"".join(expected[:half]))
        self.rsyslog(address)

        def received():
            return consumer.out.read_bytes().splitlines(keepends=True)

        wait_until(lambda: len(received()) >= half, "the first rows")
        file.rename(self.logs / "execsnoop.json.1")  # as logrotate does it
        file.write_bytes(b"".join(expected[half:]))
        wait_until(lambda: len(received()) >= len(expected), "the other rows")
        time.sleep(1)  # for rows that come twice
        self.assertEqual(Counter(received()), Counter(expected))


if __name__ == "__main__":
    unittest.main(verbosity=2)

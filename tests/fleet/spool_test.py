#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""spool_test.py SNOOP_EXPORT: with --otlp-spool, rows survive a receiver that is away and a snoop-export that is killed:
the next run sends them, in order and with the same uids."""
import os
import resource
import signal
import sys
import tempfile
import threading
import unittest

from export import LIMIT, Export, ExportCase, rows, url_of
from receiver import Receiver, accept_and_hang_up, attributes, refuse, wait_for

NOWHERE = "http://127.0.0.1:1"  # where nobody listens


def pids_of(receiver):
    return [int(attributes(record)["process.pid"]["intValue"]) for record in receiver.records]


class SpoolTest(ExportCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = f"{folder.name}/spool"
        self.file = f"{self.folder}/logs.sqlite"

    def export(self, url, *args, gives_up=False, **more):
        timeout = "0.3" if gives_up or url == NOWHERE else str(LIMIT)
        return Export(url, "--otlp-spool", self.folder, "--otlp-timeout", timeout, *args, **more)

    def leave(self, count, **more):
        """A run that cannot send."""
        ended = self.export(NOWHERE, OTEL_EXPORTER_OTLP_COMPRESSION="none", **more).end(rows(count))
        self.check(ended, 0, read=count, queued=count, more={"spooled": count})
        self.assertIn(f"{count} rows are in '{self.folder}': the next run with --otlp-spool sends them", ended.stderr)

    def test_sends_what_a_former_run_left(self):
        self.leave(700)
        self.assertEqual(os.stat(self.folder).st_mode & 0o777, 0o700)
        self.assertEqual({os.stat(f"{self.folder}/{name}").st_mode & 0o777 for name in os.listdir(self.folder)}, {0o600})
        ended = self.export(NOWHERE).end(rows(3))  # what it leaves is compressed
        self.check(ended, 0, queued=3, more={"spooled": 3, "queued of former runs": 700})
        with Receiver() as receiver:
            ended = self.export(url_of(receiver)).end(rows(5))
            self.check(ended, 0, sent=5, queued=0, more={"sent of former runs": 703})
            self.assertIn(f"703 rows of a former run are in '{self.folder}': they are sent first", ended.stderr)
            self.assertEqual(pids_of(receiver), [*range(700), *range(3), *range(5)])
            self.assertEqual(len(set(receiver.uids)), 708)
            self.assertEqual(len({uid.split("-")[0] for uid in receiver.uids}), 3)
            self.check(self.export(url_of(receiver)).end(), 0, read=0, more={})

    def test_sends_again_with_the_same_uids(self):
        with Receiver(*[accept_and_hang_up] * 9) as receiver:
            self.check(self.export(url_of(receiver), gives_up=True).end(rows(5)), 0, queued=5)
            uids = receiver.uids[:5]
        with Receiver() as receiver:
            self.check(self.export(url_of(receiver)).end(), 0, more={"sent of former runs": 5})
            self.assertEqual(receiver.uids, uids)

    def test_survives_being_killed(self):
        release = threading.Event()
        with Receiver(wait_for(release)) as receiver:
            export = self.export(url_of(receiver))
            export.write(rows(8192))
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            export.kill()
            export.end()
            release.set()
        with Receiver() as receiver:
            ended = self.export(url_of(receiver)).end()
            self.check(ended, 0, read=0)
            count = ended.more["sent of former runs"]
            self.assertGreaterEqual(count, 4096)
            self.assertEqual(pids_of(receiver), list(range(count)))
            self.assertEqual(len(set(receiver.uids)), count)

    def test_survives_a_restart_of_the_receiver(self):
        first = Receiver()
        export = self.export(url_of(first))
        export.write(rows(700))
        self.assertTrue(first.arrived.acquire(timeout=LIMIT))
        first.stop()
        export.write(rows(700))
        self.assertIn("trying again", export.stderr.readline())
        with Receiver(port=first.port) as second:
            self.check(export.end(rows(100)), 0, read=1500, sent=1500)
            self.assertEqual(len(set(first.uids + second.uids)), 1500)

    def test_drops_what_is_rejected(self):
        self.leave(4184)
        with Receiver(refuse(400, b"{}")) as receiver:
            ended = self.export(url_of(receiver)).end(rows(5))
            self.check(ended, 1, sent=5, more={"sent of former runs": 88, "dropped of former runs": 4096})

    def damage(self, change):
        self.leave(20000)
        with open(self.file, "r+b") as file:
            change(file, os.fstat(file.fileno()).st_size)
        with Receiver() as receiver:
            ended = self.export(url_of(receiver)).end(rows(5))
            self.check(ended, 1, read=5, sent=5)
            self.assertIn(f"'{self.file}' was damaged: ", ended.stderr)
            self.assertTrue(os.path.exists(self.file + ".damaged"))
            pids = pids_of(receiver)
            self.assertEqual(pids[:-5], sorted(set(pids[:-5])))
            self.assertEqual(pids[-5:], list(range(5)))
        self.leave(1)  # with the new file
        return ended

    def test_goes_on_without_a_damaged_part(self):
        def zero(file, size):
            file.seek(size // 2 // 4096 * 4096)
            file.write(bytes(8192))

        ended = self.damage(zero)
        self.assertEqual(ended.more["sent of former runs"], 4 * 4096 - 4096 + 20000 % 4096)  # one of five requests
        self.assertEqual(ended.more["sent of former runs"] + ended.more["dropped of former runs"], 20000)
        self.assertIn(f"and {ended.more['dropped of former runs']} rows in it are not sent", ended.stderr)

    def test_goes_on_without_a_truncated_file(self):
        self.damage(lambda file, size: file.truncate(size // 2))

    def test_goes_on_without_a_file_of_another_kind(self):
        ended = self.damage(lambda file, size: file.write(b"no database at all"))
        self.assertIn("was damaged: file is not a database; it is kept as", ended.stderr)

    def test_has_a_bound(self):
        args = ["--otlp-queue", "64K"]
        ended = self.export(NOWHERE, *args, OTEL_EXPORTER_OTLP_COMPRESSION="none").end(rows(20000))
        self.check(ended, 1, read=20000, sent=0)
        self.assertGreater(int(ended.causes["queue full"]), 10000)
        self.assertGreater(ended.more["spooled"], 0)
        self.assertLess(os.stat(self.file).st_size, 128 << 10)
        with Receiver() as receiver:
            self.check(self.export(url_of(receiver), *args).end(), 0, more={"sent of former runs": ended.more["spooled"]})
            self.assertEqual(pids_of(receiver), list(range(ended.more["spooled"])))
        self.assertLess(os.stat(self.file).st_size, 16 << 10)

    def test_keeps_in_memory_what_the_disk_has_no_room_for(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 10, 32 << 10))

        more = {"preexec_fn": limit, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
        with Receiver() as receiver:
            ended = self.export(url_of(receiver), **more).end(rows(2000))
            self.check(ended, 0, sent=2000)
            self.assertRegex(ended.stderr, f"cannot write to '{self.file}': .*; rows stay in memory")
            self.assertEqual(pids_of(receiver), list(range(2000)))
        ended = self.export(NOWHERE, **more).end(rows(2000))
        self.check(ended, 1, queued=2000)  # they are neither sent nor on disk

    def test_belongs_to_one_run(self):
        release = threading.Event()
        with Receiver(wait_for(release)) as receiver:
            export = self.export(url_of(receiver))
            export.write(rows(1))
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            self.refuses(f"another run uses '{self.folder}': give each a directory of its own")
            release.set()
            self.check(export.end(), 0, sent=1)

    def refuses(self, message):
        ended = self.export(NOWHERE).end()
        self.assertEqual(ended.code, 2, ended.stderr)
        self.assertIn(message, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)

    def test_belongs_to_one_user(self):
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o770)
        self.refuses(f"others can write to '{self.folder}': chmod go-w '{self.folder}'")
        self.folder = "/nonexistent/spool"
        self.refuses("cannot make '/nonexistent/spool'")
        self.folder = "/dev/null"
        self.refuses("cannot open '/dev/null'")
        self.folder = "/"
        if os.geteuid() != 0:
            self.refuses("'/' belongs to user 0")

    def test_does_not_mix_logs_and_spans(self):
        self.leave(3)
        span = '{"event":"exec","time":"2026-11-22T10:04:10Z","pid":1,"exec_id":"1","duration_ns":1,"exit_code":0}\n'
        self.check(self.export(NOWHERE, "--spans").end(span), 0, queued=1, more={"spooled": 1})
        with Receiver() as receiver:
            self.check(self.export(url_of(receiver), "--spans").end(), 0, more={"sent of former runs": 1})
            self.assertEqual([path for path, _ in receiver.requests], ["/v1/traces"])
            self.check(self.export(url_of(receiver)).end(), 0, more={"sent of former runs": 3})


if __name__ == "__main__":
    Export.program = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""snoop-export_test.py SNOOP_EXPORT: sends rows with snoop-export to a receiver on loopback that accepts, refuses, stalls,
dies and comes back; each row must be accounted for. A program that has not ended
after LIMIT is killed, which no test needs."""
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

from export import LIMIT, Ended, Export, ExportCase, row, rows, url_of
from receiver import Receiver, accept_and_hang_up, accept_in_part, attributes, refuse, wait_for


class ExportTest(ExportCase):
    def test_sends_all_rows(self):
        with Receiver() as receiver:
            ended = Export(url_of(receiver)).end(rows(9000))
            self.check(ended, 0, read=9000, sent=9000)
            pids = [int(attributes(record)["process.pid"]["intValue"]) for record in receiver.records]
            self.assertEqual(pids, list(range(9000)))  # in order
            self.assertEqual(len(set(receiver.uids)), 9000)
            self.assertGreaterEqual(len(receiver.requests), 3)  # 4096 at most
            path, headers = receiver.requests[0]
            self.assertEqual(path, "/v1/logs")
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual(headers["Content-Encoding"], "gzip")

    def test_sends_a_row_before_the_end(self):
        with Receiver() as receiver:
            export = Export(url_of(receiver))
            export.write(row(1))
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            self.check(export.end(), 0, sent=1)

    def test_says_who_it_is(self):
        with Receiver() as receiver:
            ended = Export(None, OTEL_EXPORTER_OTLP_ENDPOINT=url_of(receiver), OTEL_EXPORTER_OTLP_COMPRESSION="none",
                           OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20b", OTEL_SERVICE_NAME="web",
                           OTEL_RESOURCE_ATTRIBUTES="host.name=h").end(rows(1))
            self.check(ended, 0, sent=1)
            headers = receiver.requests[0][1]
            self.assertEqual(headers["api-key"], "a b")
            self.assertIsNone(headers["Content-Encoding"])
            resource = receiver.body["resourceLogs"][0]
            self.assertEqual({name: value["stringValue"] for name, value in attributes(resource["resource"]).items()},
                             {"service.name": "web", "host.name": "h"})
            self.assertRegex(resource["schemaUrl"], "^https://opentelemetry.io/schemas/")

    def test_keeps_arguments(self):
        for args, expected in ([], False), (["--otlp-args"], True):
            with self.subTest(args), Receiver() as receiver:
                self.check(Export(url_of(receiver), *args).end(rows(1, args=["x"])), 0, sent=1)
                self.assertEqual("process.command_args" in attributes(receiver.records[0]), expected)

    def test_tries_again(self):
        for status in 429, 502, 503, 504:
            with self.subTest(status), Receiver(refuse(status, b'{"message":"busy"}')) as receiver:
                ended = Export(url_of(receiver)).end(rows(5))
                self.check(ended, 0, sent=5)
                self.assertEqual(len(receiver.requests), 2)
                self.assertEqual(len(receiver.records), 5)
                self.assertIn(f"HTTP status {status}: busy; trying again", ended.stderr)
                self.assertIn("accepts rows again", ended.stderr)

    def test_waits_as_long_as_the_receiver_says(self):
        # An hour: the attempt at the end of the rows is not made. One second: it is made, after that.
        with Receiver(refuse(429, Retry_After="3600")) as receiver:
            ended = Export(url_of(receiver), "--otlp-timeout", "0.2").end(rows(5))
            self.check(ended, 1, queued=5)
            self.assertEqual(len(receiver.requests), 1)
        with Receiver(refuse(503, Retry_After="1")) as receiver:
            self.check(Export(url_of(receiver)).end(rows(5)), 0, sent=5)

    def test_drops_what_is_rejected(self):
        for status in 400, 404, 413, 500:
            with self.subTest(status), Receiver(refuse(status, b'{"message":"bad"}')) as receiver:
                ended = Export(url_of(receiver)).end(rows(4184))
                self.check(ended, 1, sent=88, dropped=4096, causes={"rejected": "4096"})
                self.assertIn(f"rejected 4096 rows, which are dropped: HTTP status {status}: bad", ended.stderr)
                self.assertEqual(len(receiver.records), 88)

    def test_counts_what_is_rejected_in_part(self):
        with Receiver(accept_in_part(2)) as receiver:
            ended = Export(url_of(receiver)).end(rows(5))
            self.check(ended, 1, sent=3, causes={"rejected": "2"})
            self.assertIn("too old", ended.stderr)
            self.assertEqual(len(receiver.requests), 1)

    def test_marks_what_is_sent_twice(self):
        with Receiver(accept_and_hang_up) as receiver:
            self.check(Export(url_of(receiver)).end(rows(5)), 0, sent=5)
            self.assertEqual(len(receiver.records), 10)
            self.assertEqual(receiver.uids[:5], receiver.uids[5:])

    def test_survives_a_restart_of_the_receiver(self):
        first = Receiver()
        export = Export(url_of(first))
        export.write(rows(700))
        self.assertTrue(first.arrived.acquire(timeout=LIMIT))
        first.stop()
        export.write(rows(700))
        self.assertIn("trying again", export.stderr.readline())  # it has noticed
        with Receiver(port=first.port) as second:
            ended = export.end(rows(100))
            self.check(ended, 0, read=1500, sent=1500)
            self.assertEqual(len(set(first.uids + second.uids)), 1500)

    def test_gives_up_if_there_is_no_answer(self):
        release = threading.Event()
        with Receiver(*[wait_for(release)] * 9) as receiver:
            ended = Export(url_of(receiver), "--otlp-timeout", "0.2").end(rows(700))
            release.set()
            self.check(ended, 1, read=700, sent=0, queued=700)
            self.assertIn("giving up: ", ended.stderr)

    def test_gives_up_after_a_signal(self):
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            release = threading.Event()
            with self.subTest(number), Receiver(*[wait_for(release)] * 9) as receiver:
                export = Export(url_of(receiver), "--otlp-timeout", "0.2")
                export.write(rows(600))
                self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
                export.send_signal(number)
                stderr = export.stderr.read()  # the pipe to it is still open
                release.set()
                self.check(Ended(export.wait(), stderr), 1, read=600, queued=600)
                export.stdin.close()

    def test_sends_all_after_a_signal(self):
        with Receiver() as receiver:
            export = Export(url_of(receiver))
            export.write(rows(600))
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            export.send_signal(signal.SIGINT)
            self.check(export.end(), 0, read=600, sent=600)

    def test_drops_what_finds_no_room(self):
        release = threading.Event()
        with Receiver(wait_for(release)) as receiver:
            export = Export(url_of(receiver), "--otlp-queue", "64K", "--otlp-timeout", "100")
            export.write(rows(600))
            self.assertTrue(receiver.arrived.acquire(timeout=LIMIT))
            export.write(rows(20000))  # far more than fits into the queue and the pipe; the writer does not block
            release.set()
            ended = export.end()
            self.check(ended, 1, read=20600, queued=0, sent=len(receiver.records))
            self.assertGreater(int(ended.causes["queue full"]), 10000)

    def test_reads_a_file_as_fast_as_it_is_sent(self):
        with Receiver() as receiver, tempfile.NamedTemporaryFile("w") as file:
            file.write(rows(20000))
            file.flush()
            ended = Export(url_of(receiver), "--otlp-queue", "64K", file.name, stdin=subprocess.DEVNULL).end()
            self.check(ended, 0, read=20000, sent=20000)

    def test_gives_up_in_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(rows(20000))
            file.flush()
            release = threading.Event()
            with Receiver(*[wait_for(release)] * 9) as receiver:
                ended = Export(url_of(receiver), "--otlp-queue", "64K", "--otlp-timeout", "0.2", file.name).end()
                release.set()
            self.check(ended, 1, sent=0, dropped=0)
            self.assertIn(f"the rest of {file.name} was not read", ended.stderr)

    def test_reads_several_files(self):
        with Receiver() as receiver, tempfile.NamedTemporaryFile("w") as file:
            file.write(rows(3).rstrip())  # no newline at the end
            file.flush()
            self.check(Export(url_of(receiver), file.name, "-", file.name).end(rows(2)), 0, read=8, sent=8)

    def test_counts_invalid_lines(self):
        with Receiver() as receiver:
            ended = Export(url_of(receiver)).end(row(1) + "not JSON\n\n[1]\n" + row(2))
            self.check(ended, 1, read=4, sent=2, causes={"invalid": "2"})
            self.assertIn("standard input, line 2: not valid JSON", ended.stderr)
            self.assertEqual(len(ended.stderr.splitlines()), 2, ended.stderr)

    def test_sends_bytes_that_are_not_utf8(self):
        with Receiver() as receiver:
            read, write = os.pipe()
            export = Export(url_of(receiver), stdin=read)
            os.close(read)
            os.write(write, b'{"event":"exec","comm":"\xff\\"\\n"}\n')
            os.close(write)
            self.check(export.end(None), 0, sent=1)
            self.assertEqual(attributes(receiver.records[0])["thread.name"]["stringValue"], '\ufffd"\n')

    def test_checks_certificates(self):
        with tempfile.TemporaryDirectory() as folder:
            make_certificates(folder)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
            with Receiver(tls=tls) as receiver:
                url = url_of(receiver, "https")
                ended = Export(url, OTEL_EXPORTER_OTLP_CERTIFICATE=f"{folder}/ca.pem").end(rows(5))
                self.check(ended, 0, sent=5)
                ended = Export(url, "--otlp-timeout", "0.2").end(rows(5))  # the system does not know this CA
                self.check(ended, 1, sent=0, queued=5)
                self.assertIn("certificate", ended.stderr)
                self.assertEqual(len(receiver.records), 5)

    def test_refuses_wrong_command_lines(self):
        for args, message in ([], "--otlp"), (["--otlp", "host"], "expected http://HOST:4318"), \
                (["--otlp", "http://h", "/nonexistent"], "cannot open '/nonexistent'"), \
                (["--otlp", "http://h", "/"], "is a directory"), (["--otlp", "http://h", "--", "true"], "does not run commands"):
            with self.subTest(args):
                ended = Export(None, *args).end()
                self.assertEqual(ended.code, 2, ended.stderr)
                self.assertIn(message, ended.stderr)
                self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)


def make_certificates(folder):
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=a private CA", "-days", "2")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=receiver")
    with open(f"{folder}/names", "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "2", "-extfile", "names")


if __name__ == "__main__":
    Export.program = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

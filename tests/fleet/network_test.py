#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The tools send to a Collector on another host: two network namespaces, between which the cable is pulled, and a
certificate of a private CA. tests/fleet/run runs this."""
import signal
import subprocess
import time
import unittest

import tool
from collector import PORT, Collector
from execs import COMM, Execs
from server import Hosts, folder, work
from tool import Tool, ToolTest

EXECS = 20_000


def certificates(address):
    """A folder with ca.pem, and key and certificate of a server and of a client that it has signed."""
    there = folder()

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=there, check=True, capture_output=True)

    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=a private CA", "-days", "2")
    (there / "names").write_text(f"subjectAltName=IP:{address}\n")
    for name in "server", "client":
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "2", "-extfile", "names")
        (there / f"{name}.key").chmod(0o644)  # nobody reads it
    return there


class NetworkTest(ToolTest):
    def setUp(self):
        self.hosts = self.enterContext(Hosts())
        self.address = self.hosts.ADDRESSES[1]

    def collector(self, *sets):
        return self.enterContext(Collector(*sets, prefix=self.hosts.b, address=self.address))

    def test_no_exec_is_lost_when_the_cable_is_pulled(self):
        collector = self.collector()
        tool = Tool("execsnoop", collector.url, "--comm", COMM, "--otlp-timeout", "60", "--ring-size", "64M", "--otlp-queue", "256M",
                    prefix=self.hosts.a, wait=True)
        Execs(1000).end()
        self.hosts.plug("down")
        load = Execs(EXECS - 1000)
        time.sleep(3)
        self.hosts.plug("up")
        load.end()
        self.check(tool.end(signal.SIGINT), 0, printed=EXECS, sent=EXECS)
        self.assertEqual(len(set(collector.uids())), EXECS)

    def test_ends_in_time_if_the_cable_stays_out(self):
        collector = self.collector()
        self.hosts.plug("down")
        begin = time.monotonic()
        ended = Tool("execsnoop", collector.url, "--otlp-timeout", "2", "--", "true", prefix=self.hosts.a).end()
        self.assertLess(time.monotonic() - begin, 10)
        self.check(ended, 0, printed=1, queued=1)
        self.assertIn("giving up", ended.stderr)

    def test_the_collector_asks_for_a_certificate(self):
        pem = certificates(self.address)
        tls = "receivers::otlp::protocols::http::tls::"
        collector = self.collector(f"{tls}cert_file={pem}/server.pem", f"{tls}key_file={pem}/server.key",
                                   f"{tls}client_ca_file={pem}/ca.pem")
        url = f"https://{self.address}:{PORT}"
        known = {"OTEL_EXPORTER_OTLP_CERTIFICATE": f"{pem}/ca.pem"}
        client = {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": f"{pem}/client.pem",
                  "OTEL_EXPORTER_OTLP_CLIENT_KEY": f"{pem}/client.key"}
        for variables, sent in ({**known, **client}, 1), (known, 0), (client, 0):
            with self.subTest(sorted(variables)):
                ended = Tool("execsnoop", url, "--otlp-timeout", "1", "--", "true", prefix=self.hosts.a, **variables).end()
                self.check(ended, 0, printed=1, sent=sent, queued=1 - sent)
                if variables is client:  # a server that refuses the client may just hang up
                    self.assertIn("certificate", ended.stderr)
        self.assertEqual(len(collector.uids()), 1)


if __name__ == "__main__":
    tool.folder = f"{work}/bin"
    unittest.main(verbosity=2)

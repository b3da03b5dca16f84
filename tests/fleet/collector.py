# SPDX-License-Identifier: BSD-2-Clause
"""The OpenTelemetry Collector, with the configuration that docs/fleet shows."""
import json
import os
import signal
import unittest

from receiver import attributes
from server import DOCS, Server, folder

PORT = 4318


class Collector:
    """Each run of it writes to a file of its own. kill() leaves what it has answered, start() starts it again."""

    def __init__(self, *sets, prefix=(), address="127.0.0.1", config=DOCS / "collector.yaml", **variables):
        self.program = os.environ["SNOOP_COLLECTOR"]
        if not self.program:
            raise unittest.SkipTest("there is no Collector: see tests/fleet/collector/build")
        self.args = [f"--config={config}", *(f"--set={each}" for each in sets)]
        self.options = {"prefix": prefix, "address": address, "SNOOP_ENDPOINT": f"{address}:{PORT}", **variables}
        self.url = f"http://{address}:{PORT}"
        self.files = []
        self.start()

    def start(self):
        self.files.append(folder() / "received")
        self.server = Server(self.program, *self.args, port=PORT, SNOOP_FILE=str(self.files[-1]), **self.options)

    def kill(self):
        self.server.stop(signal.SIGKILL)

    def requests(self):
        for file in self.files:
            for line in file.read_bytes().split(b"\n")[:-1]:  # one that was being written when it was killed has no end
                yield json.loads(line)

    def records(self, kind="resourceLogs", scope="scopeLogs", records="logRecords"):
        return [record for request in self.requests() for resource in request.get(kind, ())
                for part in resource[scope] for record in part[records]]

    def spans(self):
        return self.records("resourceSpans", "scopeSpans", "spans")

    def uids(self):
        return [attributes(record)["log.record.uid"]["stringValue"] for record in self.records()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ClickHouse and DuckDB read rows in JSON Lines, by the tables and queries in docs/fleet. tests/fleet/run runs this."""
import json
import os
import subprocess
import unittest

import rows
from server import DOCS, Server, folder

CLICKHOUSE = """<yandex>
<logger><level>warning</level><console>1</console></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>9000</tcp_port>
<path>{0}/data/</path><tmp_path>{0}/tmp/</tmp_path><format_schema_path>{0}/formats/</format_schema_path>
<mark_cache_size>5368709120</mark_cache_size><users_config>{0}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
</yandex>"""
USERS = """<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>
<networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>"""


def insert_command():
    """The one that the page shows."""
    lines = (DOCS / "README.md").read_text().splitlines()
    return next(line for line in lines if "INSERT INTO execs" in line).strip()


class DatabasesTest(unittest.TestCase):
    def check_cost(self, table, found):
        """The first query of both: rows of filename, execs, cpu_s, p99_s."""
        table = {line["filename"]: line for line in table}
        self.assertGreaterEqual(int(table["/bin/true"]["execs"]), 8)
        for name, line in table.items():
            mine = [row for row in found if row["filename"] == name]
            self.assertEqual(int(line["execs"]), len(mine))
            self.assertAlmostEqual(float(line["cpu_s"]), sum(row["utime_ns"] + row["stime_ns"] for row in mine) / 1e9)

    def test_clickhouse(self):
        there, root = folder(), os.environ["SNOOP_SERVERS"]
        (there / "config.xml").write_text(CLICKHOUSE.format(there))
        (there / "users.xml").write_text(USERS)
        self.enterContext(Server("clickhouse-server", f"--config-file={there}/config.xml", chroot=root, port=9000))

        def client(command, text):
            ran = subprocess.run(["chroot", root, "sh", "-c", f"cd {there}; {command}"], input=text, capture_output=True,
                                 text=True, check=False)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            return ran.stdout

        client("clickhouse-client --multiquery", (DOCS / "clickhouse.sql").read_text())
        lines = rows.lines()
        (there / "execsnoop.json").write_bytes(b"".join(lines))
        client(insert_command(), "")
        out = client("clickhouse-client --multiquery --format JSONEachRow", (DOCS / "clickhouse-queries.sql").read_text())
        answers = [json.loads(line) for line in out.splitlines()]
        found = rows.parsed(lines)
        self.check_cost([line for line in answers if "execs" in line], found)
        failed = [line for line in answers if "command" in line]
        self.assertIn("/bin/sh -c exit 3", [line["command"] for line in failed])
        self.assertIn("SIGKILL", [line["signal"] for line in failed])
        stored = client("clickhouse-client --query 'SELECT args, time FROM execs ORDER BY ts_ns FORMAT JSONEachRow'", "")
        found.sort(key=lambda row: row["ts_ns"])
        for line, row in zip(map(json.loads, stored.splitlines()), found, strict=True):
            self.assertEqual(line["args"], row["args"])
            self.assertEqual(line["time"], row["time"][:19].replace("T", " "))  # UTC

    def test_duckdb(self):
        root = os.environ["SNOOP_DUCKDB"]
        if not root:
            self.skipTest("there is no chroot of sid with DuckDB")
        there, lines = folder(), rows.lines()
        (there / "execsnoop.json").write_bytes(b"".join(lines))
        ran = subprocess.run(["chroot", root, "sh", "-c", f"cd {there}; duckdb -jsonlines"], capture_output=True, text=True,
                             input=(DOCS / "duckdb.sql").read_text(), check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        answers, found = [json.loads(line) for line in ran.stdout.splitlines()], rows.parsed(lines)
        self.check_cost([line for line in answers if "execs" in line], found)
        by_id = {row["exec_id"]: row for row in found}
        joined = [line for line in answers if "parent" in line]
        pairs = [(by_id[row["parent_exec_id"]]["comm"], row["comm"], row["exit_code"])
                 for row in sorted(found, key=lambda row: row["ts_ns"]) if row["parent_exec_id"] in by_id][:10]
        self.assertCountEqual([(line["parent"], line["comm"], line["exit_code"]) for line in joined], pairs)


if __name__ == "__main__":
    unittest.main(verbosity=2)

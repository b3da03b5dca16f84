# SPDX-License-Identifier: BSD-2-Clause
"""Rows of execsnoop, as a log file of snoop@execsnoop has them."""
import json
import subprocess

from server import work

# A long argument, bytes that are not UTF-8, quotes and newlines, an exit code and a signal.
SCRIPT = r"""
ls / >/dev/null
/bin/echo "$(printf '\377\"\n\t\\ é')" >/dev/null
/bin/echo $(seq 20000) >/dev/null
/bin/sh -c 'exit 3'
/bin/sh -c 'kill -9 $$'
for i in 1 2 3 4 5 6 7 8; do /bin/true; done
:
"""


def lines():
    """What `execsnoop --exit -o json` prints, a bytes object a row."""
    ran = subprocess.run([f"{work}/bin/execsnoop", "--exit", "-o", "json", "--max-args-bytes", "1M", "--", "sh", "-c", SCRIPT],
                         capture_output=True, check=True)
    found = ran.stdout.splitlines(keepends=True)
    assert len(found) > 12 and max(map(len, found)) > 100_000, ran.stderr
    return found


def parsed(found):
    return [json.loads(line) for line in found]

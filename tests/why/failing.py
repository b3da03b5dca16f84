#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Commands that fail, and what snoop-why says of them. A test imports it and calls main(): SUBJECT_test.py BIN."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = ""
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
PYTHON = "/usr/bin/python3"  # not a shell script that finds another one

# Words of a shell that waits until the process $! has executed sleep: it sleeps.
SLEEPS = 'until read -r _ name state _ </proc/$!/stat && [ "$name $state" = "(sleep) S" ]; do :; done'


class Failing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="why.")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def compile(self, name, text, *options):
        source = self.write(name + ".c", text)
        subprocess.run(["cc", "-o", self.path(name), source, *options], check=True, cwd=self.folder)
        return self.path(name)

    def why(self, command, *options, prefix=()):
        """The exit status of a line of shell words, and what snoop-why says of it. The command itself says nothing."""
        words = command if isinstance(command, list) else command.split()
        env = {key: value for key, value in os.environ.items() if not key.startswith("SUDO_")}
        env.update(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C", LANGUAGE="C")
        ran = subprocess.run([*prefix, f"{BIN}/snoop-why", *options, "--", *words], cwd=self.folder, env=env, text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        # The command's own lines come before.
        lines = ran.stderr.splitlines()
        first = [i for i, line in enumerate(lines) if line.startswith("snoop-why: ") or " snoop-why (pid" in line]
        self.assertTrue(first, ran.stderr)
        self.assertNotIn("Sanitizer", ran.stderr)
        return ran.returncode, lines[first[0]:]

    def expect(self, command, reason, status=None, **more):
        """The reason is in one line, of ten at most."""
        code, lines = self.why(command, **more)
        text = "\n".join(lines)
        self.assertRegex(text, re.compile("^  " + reason + "$", re.MULTILINE))
        self.assertNotIn("no reason seen", text)
        self.assertLessEqual(len(lines), 10, text)
        if status is None:
            self.assertNotEqual(code, 0)
        else:
            self.assertEqual(code, status)
        return lines

    def expect_near(self, command, reason, near):
        """And the most similar name that exists."""
        lines = self.expect(command, reason)
        self.assertTrue(any(re.match(f"    there (is|are) {re.escape(near)}", line) for line in lines), lines)

    def no_reason(self, command, perhaps=None, **more):
        """Nothing is claimed. What may be the reason is only said to be that."""
        code, lines = self.why(command, **more)
        self.assertNotEqual(code, 0)
        self.assertLessEqual(len(lines), 10)
        self.assertRegex(lines[1], "^  no reason seen$" if perhaps is None else f"^  may be the reason: {perhaps}$")
        return lines


def main():
    global BIN
    BIN = os.path.abspath(sys.argv.pop(1))
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    unittest.main()

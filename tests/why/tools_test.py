#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The tools that are followed, recordings, options and the form of the answer: tools_test.py BIN."""
import os
import re
import shutil
import subprocess

import failing
from failing import NOBODY, Failing, main

# A command that ends a tool, and waits until it is gone.
END_TOOL = """
for process in /proc/[0-9]*; do
    read -r _ name _ parent _ 2>/dev/null <$process/stat || continue
    [ "$name $parent" = "($1) $PPID" ] || continue
    kill -$0 ${process#/proc/}
    while read -r _ _ state _ 2>/dev/null <$process/stat && [ "$state" != Z ]; do :; done
done
exit 4
"""


class Tools(Failing):
    def test_evidence(self):
        _, lines = self.why("cat nosuch.conf", "--all")
        self.assertRegex("\n".join(lines), re.compile(r"^  \d+ openat cat \(pid \d+\) nosuch.conf: ENOENT$", re.MULTILINE))

    def test_ten_lines(self):
        """Of a deep tree with many failures."""
        self.write("0.sh", "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do cat nosuch$i; done\nexec cat a b c d e f g h\n", 0o755)
        for i in range(1, 9):
            self.write(f"{i}.sh", f"#!/bin/sh\n./{i - 1}.sh; exit $?\n", 0o755)
        _, lines = self.why("./8.sh")
        self.assertLessEqual(len(lines), 10)
        self.assertRegex("\n".join(lines), r"cat \(pid \d+\) found no h in .*")
        self.assertRegex("\n".join(lines), r"\.\.\. \d between")

    def test_recordings(self):
        """Without a look at files, which are not those of that time."""
        self.write("nosuch1.conf", "")
        execs, opens = self.path("execs"), self.path("opens")
        subprocess.run([f"{failing.BIN}/execsnoop", "--exit", "--failed", "--record", execs, "--", f"{failing.BIN}/opensnoop",
                        "--record", opens, "--", "cat", "nosuch.conf"], cwd=self.folder, capture_output=True, check=False)
        ran = subprocess.run([f"{failing.BIN}/snoop-why", execs, opens], capture_output=True, text=True, check=True)
        self.assertRegex(ran.stdout, rf"^cat .* exited with 1\n  cat .* found no nosuch.conf in {self.folder}\n$")
        self.assertNotIn("nosuch1.conf", ran.stdout)

    def test_usage(self):
        for words, code, text in (([], 2, "name either a command"), (["nosuch"], 2, "there is no file 'nosuch'"),
                                  (["-a", "nosuch", "-l", "a b"], 2, "put -- before it: `snoop-why -a -- nosuch -l 'a b'`"),
                                  (["x", "--", "true"], 2, "name either"), (["--", "nosuchcommand"], 127, "cannot execute")):
            ran = subprocess.run([f"{failing.BIN}/snoop-why", *words], capture_output=True, text=True, check=False)
            self.assertEqual((ran.returncode, len(ran.stderr.splitlines())), (code, 1), ran.stderr)
            self.assertIn(text, ran.stderr)
        ran = subprocess.run([*NOBODY.split(), f"{failing.BIN}/snoop-why", "--", "true"], capture_output=True, text=True,
                             check=False)
        self.assertEqual(ran.returncode, 3)
        self.assertRegex(ran.stderr, r"^snoop-why: needs root to trace a command: run `sudo .*snoop-why`\n$")

    def test_tool_that_is_ended(self):
        """While the command runs: by others, or by a fault."""
        for tool in ("execsnoop", "opensnoop"):
            for signal, text in (("KILL", "was killed by SIGKILL"), ("SEGV", "was killed by SIGSEGV"),
                                 ("TERM", "was stopped before the command ended")):
                code, lines = self.why(["sh", "-c", END_TOOL, signal, tool])
                self.assertEqual((code, lines), (125, [f"snoop-why: {tool} {text}: its rows are not complete"]))

    def test_tool_that_does_not_start(self):
        """The command is not run."""
        shutil.copy(f"{failing.BIN}/snoop-why", self.folder)
        shutil.copy(f"{failing.BIN}/opensnoop", self.folder)
        for text, code, message in (
                ("echo 'execsnoop: cannot load: x' >&2; exit 1", 125, "cannot trace: execsnoop: cannot load: x"),
                ("echo 'execsnoop: no BTF' >&2; exit 3", 3, "cannot trace: execsnoop: no BTF"),
                ("kill -9 $$", 125, "cannot trace: execsnoop was killed by SIGKILL before it was ready"),
                ("exit 0", 125, "cannot trace: execsnoop did not start")):
            self.write("execsnoop", f"#!/bin/sh\n{text}\n", 0o755)
            ran = subprocess.run([self.path("snoop-why"), "--", "touch", self.path("ran")], capture_output=True,
                                 text=True, check=False)
            self.assertEqual((ran.returncode, ran.stderr), (code, f"snoop-why: {message}\n"))
            self.assertFalse(os.path.exists(self.path("ran")))

    def test_no_dev_null(self):
        ran = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh",
                              f"{failing.BIN}/snoop-why", "--", "touch", self.path("ran")], stdin=subprocess.PIPE,
                             capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (3, "snoop-why: cannot trace: cannot open '/dev/null': No such "
                                                           "file or directory (ENOENT)\n"))
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_hostile_names(self):
        """Of files, programs and arguments: nothing that they hold reaches the terminal."""
        name = "a\n\x1b[31mb\u202ec\r"
        lines = self.expect(["cat", name], r"cat \(pid \d+\) found no .*\\n.*b.*c.*")
        lines += self.expect(["sh", "-c", './"$0"; exit $?', name], r"sh \(pid \d+\) found no program ./a\\n.*")
        lines += self.why(["false", name * 1000, *["x" * 100000] * 20], "--all")[1]
        for byte in "\x1b\r\u202e":
            self.assertNotIn(byte, "".join(lines))
        self.assertLess(max(map(len, lines)), 500)


if __name__ == "__main__":
    main()

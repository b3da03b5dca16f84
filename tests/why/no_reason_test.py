#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs that fail by themselves, and what must not be claimed of them: no_reason_test.py BIN."""
import os
import subprocess

from failing import PYTHON, SLEEPS, Failing, main


class NoReason(Failing):
    def test_no_reason(self):
        for command in (["false"], ["sh", "-c", "exit 3"], ["bash", "-c", "false"], ["grep", "-q", "nosuch", "/etc/passwd"],
                        [PYTHON, "-c", "import json, sys; sys.exit(1)"]):
            _, lines = self.why(command)
            self.assertIn("  no reason seen", lines, command)
            self.assertLessEqual(len(lines), 10)

    def test_success(self):
        self.assertEqual(self.why("true"), (0, ["snoop-why: true exited with 0"]))

    def test_others_are_not_seen(self):
        other = subprocess.Popen(["sh", "-c", "while :; do cat /nonexistent/other; done"], stderr=subprocess.DEVNULL)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        _, lines = self.why("false", "--all")
        self.assertNotIn("/nonexistent/other", "\n".join(lines))

    def test_optional_file(self):
        """A program that looks for it, does without it, and fails by itself."""
        self.compile("tool", '#include <fcntl.h>\nint main(void) { open("/etc/nosuch.conf", O_RDONLY); return 3; }')
        self.no_reason("./tool", r"tool \(pid \d+\) found no /etc/nosuch.conf")
        self.write("tool.py", "try:\n    open('/etc/nosuch.conf')\nexcept OSError:\n    raise SystemExit(3)\n")
        self.no_reason(f"{PYTHON} tool.py", r"python3\S* \(pid \d+\) found no /etc/nosuch.conf")

    def test_optional_library(self):
        self.compile("tool", '#include <dlfcn.h>\nint main(void) { dlopen("libnosuch.so.7", RTLD_NOW); return 3; }')
        self.no_reason("./tool", r'tool \(pid \d+\) found no library "libnosuch.so.7" in .*')

    def test_optional_header(self):
        self.write("tool.c", "#if __has_include(<nosuch.h>)\n#include <nosuch.h>\n#endif\nint main( {\n")
        self.no_reason("cc -c tool.c", r'cc1 \(pid \d+\) found no "nosuch.h" in .*')

    def test_optional_child(self):
        """The status is not that of the child."""
        for command in (["sh", "-c", "cat /etc/nosuch.conf; exit 3"],
                        [PYTHON, "-c", "import os; os.system('exec cat /etc/nosuch.conf'); raise SystemExit(3)"]):
            self.no_reason(command, r"cat \(pid \d+\) found no /etc/nosuch.conf")

    def test_optional_program(self):
        self.no_reason([PYTHON, "-c", "import subprocess\ntry:\n    subprocess.run(['nosuch'])\nexcept OSError:\n    exit(3)"],
                       r'python3\S* \(pid \d+\) found no program "nosuch" in .*')

    def test_child_that_was_ended(self):
        self.no_reason(["sh", "-c", f"sleep 60 & {SLEEPS}; kill $!; wait; exit 3"])
        self.no_reason([PYTHON, "-c", "import subprocess\np = subprocess.Popen(['sleep', '60'])\np.kill()\np.wait()\nexit(3)"],
                       r"sleep \(pid \d+\) was killed by SIGKILL.*")

    def test_target_of_a_copy(self):
        """cp looks whether it is a directory. That its source does not exist is not seen."""
        self.no_reason("cp nosuch target")

    def test_status_127(self):
        self.compile("tool", "int main(void) { return 127; }")
        self.no_reason(["sh", "-c", "./tool; exit $?"])
        self.no_reason(["sh", "-c", "exit 127"], r"sh \(pid \d+\) exited with 127, as shells do for a command that they do "
                       "not find")

    def test_module_of_an_archive(self):
        self.write("found.py", "")
        self.write("job.py", "import sys\nsys.path.insert(0, 'all.zip')\nimport found\n1 / 0\n")
        self.assertEqual(self.why([PYTHON, "-m", "zipfile", "-c", "all.zip", "found.py"])[0], 0)
        os.remove(self.path("found.py"))
        self.no_reason(f"{PYTHON} job.py")

    def test_success_with_children_that_failed(self):
        self.assertEqual(self.why(["sh", "-c", "cat nosuch; ./nosuch; true"]), (0, ["snoop-why: sh exited with 0"]))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Commands that fail, each for a real cause, and the line with which snoop-why names it: snoop-why_test.py BIN."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

BIN = ""
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
PYTHON = "/usr/bin/python3"  # not a shell script that finds another one


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

    def test_01_missing_configuration(self):
        self.expect(f"cat {self.path('etc/app.conf')}", rf"cat \(pid \d+\) found no {self.path('etc/app.conf')}", 1)
        self.expect(["sh", "-c", "cd / && cat etc/nosuch.conf"], r"cat \(pid \d+\) found no etc/nosuch.conf in /", 1)

    def test_02_misspelt_file(self):
        self.write("app.conf", "{}")
        self.expect_near("cat app.cnf", rf"cat \(pid \d+\) found no app.cnf in {self.folder}",
                         self.path("app.conf"))

    def test_03_command_of_a_script(self):
        self.write("run.sh", "#!/bin/sh\nset -e\necho begin\ngrpe x /etc/passwd\n", 0o755)
        self.expect_near("./run.sh", r"run.sh \(pid \d+\) exited with 127, as shells do for a command that they do not "
                         r'find; ./run.sh has "grpe" \(line 4\), in none of the 6 directories of PATH', shutil.which("grep"))

    def test_03_command_of_cron(self):
        self.expect_near("env -i PATH=/opt/bin:/opt/games /bin/sh -c grep", r"sh \(pid \d+\) exited with 127, .*; its -c "
                         'text has "grep", in none of the 2 directories of PATH', "/usr/bin/grep, in none of these")

    def test_03_command_of_env(self):
        self.write("run.sh", "#!/bin/sh\nexec env nosuchcommand\n", 0o755)
        self.expect("./run.sh", r'env \(pid \d+\) found no program "nosuchcommand" in 6 directories, from '
                    "/usr/local/sbin/nosuchcommand to /bin/nosuchcommand", 127)

    def test_04_script_without_interpreter(self):
        self.write("tool", "#!/opt/python9/bin/python\n", 0o755)
        self.expect(["sh", "-c", "./tool; exit $?"], r"sh \(pid \d+\) could not execute ./tool: its interpreter "
                    "/opt/python9/bin/python does not exist", 127)

    def test_04_that_is_the_command(self):
        self.write("tool", "#!/opt/python9/bin/python\n", 0o755)
        self.expect("./tool", r"snoop-why \(pid \d+\) could not execute ./tool: its interpreter "
                    "/opt/python9/bin/python does not exist", 127)

    def test_05_program_without_loader(self):
        self.compile("tool", "int main(void) { return 0; }", "-Wl,--dynamic-linker=/lib/ld-other.so.1")
        self.expect(["sh", "-c", "./tool; exit $?"], r"sh \(pid \d+\) could not execute ./tool: its loader "
                    "/lib/ld-other.so.1 does not exist", 127)

    def test_06_library(self):
        self.compile("libgone.so", "int gone(void) { return 0; }", "-shared", "-fPIC")
        self.compile("tool", "int gone(void);\nint main(void) { return gone(); }", "libgone.so")
        os.remove(self.path("libgone.so"))
        self.expect("./tool", r'tool \(pid \d+\) found no library "libgone.so" in \d+ directories, from .*', 127)

    def test_06_library_of_a_linker(self):
        self.write("tool.c", "int main(void) { return 0; }")
        self.expect("cc -o tool tool.c -lnosuch", r'ld \(pid \d+\) found no library "libnosuch.so" in \d+ directories, from '
                    r"\S+ to .*", 1)

    def test_07_module_of_python(self):
        self.write("job.py", "import os\nimport mail_senders\n")
        self.write("mail_sender.py", "")
        self.expect_near(f"{PYTHON} job.py", r'python3\S* \(pid \d+\) found no module "mail_senders", which \S*job.py imports, '
                         r"in the \d+ directories that it listed", self.path("mail_sender.py"))

    def test_08_directory_on_the_way(self):
        self.write("private/data/table", "x")
        os.chmod(self.path("private"), 0o700)
        table = self.path("private/data/table")
        self.expect(f"{NOBODY} cat {table}", rf"cat \(pid \d+\) could not open {table}: Permission denied \(EACCES\): the "
                    rf"directory {self.path('private')} \(mode 0700, owner root\) denies nobody", 1)

    def test_09_file_not_readable(self):
        key = self.write("key", "x", 0o600)
        self.expect(f"{NOBODY} cat {key}", rf"cat \(pid \d+\) could not open {key}: Permission denied \(EACCES\): its mode "
                    "0600, owner root denies nobody", 1)

    def test_10_script_not_executable(self):
        self.write("step.sh", "#!/bin/sh\n")
        self.expect(["sh", "-c", "./step.sh; exit $?"], r"sh \(pid \d+\) could not execute ./step.sh: Permission denied "
                    r"\(EACCES\): its mode 0644, owner root denies root", 126)

    def in_mount(self, options):
        """A prefix that mounts a small tmpfs on the folder `mount` for the test alone."""
        os.makedirs(self.path("mount"))
        return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o {options} none {self.path("mount")} && '
                f'cp run.sh mount 2>/dev/null; mount -o remount,{options} {self.path("mount")} && exec "$@"', "sh"]

    def test_11_noexec(self):
        self.write("run.sh", "#!/bin/sh\n", 0o755)
        self.expect(["sh", "-c", "mount/run.sh; exit $?"], r"sh \(pid \d+\) could not execute mount/run.sh: Permission "
                    r"denied \(EACCES\): its file system is mounted noexec", 126, prefix=self.in_mount("noexec"))

    def test_12_full_disk(self):
        self.write("run.sh", "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9; do cp run.sh mount/$i || exit; done\n", 0o755)
        self.expect("./run.sh", r"cp \(pid \d+\) could not create mount/\d: No space left on device \(ENOSPC\): its file "
                    "system has no free inodes", 1, prefix=self.in_mount("nr_inodes=5"))

    def test_13_too_many_files(self):
        text = "fs = []\nwhile True: fs.append(open('/etc/passwd'))\n"
        self.write("many.py", text)
        self.expect(["sh", "-c", f"ulimit -n 40; {PYTHON} many.py; exit $?"], r"python3\S* \(pid \d+\) could not open "
                    r"/etc/passwd: Too many open files \(EMFILE\).*", 1)

    def test_14_killed_by_another(self):
        self.write("run.sh", "#!/bin/sh\nsleep 60 &\nenv kill -9 $!\nwait $!\n", 0o755)
        self.expect("./run.sh", r"sleep \(pid \d+\) was killed by SIGKILL, which kill \(pid \d+\) sent", 137)

    def test_15_segmentation_fault(self):
        self.compile("tool", "int main(void) { return *(volatile int *)8; }")
        self.expect(["sh", "-c", "./tool; exit $?"], r"tool \(pid \d+\) was killed by SIGSEGV: it used memory that it "
                    "does not have", 139)

    def memory_cgroup(self):
        """The file cgroup.procs of a cgroup with 40 MiB."""
        root, limit = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            root, limit = "/sys/fs/cgroup", "memory.max"
        cgroup = f"{root}/{os.path.basename(self.folder)}"
        try:
            os.mkdir(cgroup)
            self.addCleanup(os.rmdir, cgroup)
            for name in (limit, "memory.memsw.limit_in_bytes", "memory.swap.max"):
                if name == limit or os.path.exists(f"{cgroup}/{name}"):
                    with open(f"{cgroup}/{name}", "w", encoding="ascii") as file:
                        file.write("0" if name == "memory.swap.max" else str(40 << 20))
        except OSError as error:
            self.skipTest(f"no cgroup with a limit of memory: {error}")
        return f"{cgroup}/cgroup.procs"

    def test_16_out_of_memory(self):
        procs = self.memory_cgroup()
        self.write("much.py", "x = bytearray(b'1' * (200 << 20))\n")
        lines = self.expect(["sh", "-c", f"echo $$ > {procs}; {PYTHON} much.py; exit $?"], r"python3\S* \(pid \d+\) was "
                            "killed by the kernel, because memory ran out", 137)
        self.assertRegex(lines[2], r"^    it had \d+ MiB of memory at most$")

    def test_17_header(self):
        self.write("Makefile", "all:\n\t@echo begin; cc -c tool.c\n")
        self.write("tool.c", '#include "toool.h"\n')
        self.write("toool2.h", "")
        self.expect_near("make", r'cc1 \(pid \d+\) found no "toool.h" in \d+ directories, from toool.h to '
                         "/usr/include/toool.h", self.path("toool2.h"))

    def test_18_read_only(self):
        self.write("run.sh", "#!/bin/sh\n", 0o755)
        self.expect("cp run.sh mount/other", r"cp \(pid \d+\) could not create mount/other: Read-only file system "
                    r"\(EROFS\)", 1, prefix=self.in_mount("ro"))

    def test_19_loop_of_links(self):
        os.symlink("b", self.path("a"))
        os.symlink("a", self.path("b"))
        self.expect("cat a", r"cat \(pid \d+\) could not open a: Too many levels of symbolic links \(ELOOP\)", 1)

    def test_20_not_a_directory(self):
        self.write("file", "x")
        self.expect("cat file/x", r"cat \(pid \d+\) could not open file/x: Not a directory \(ENOTDIR\): "
                    rf"{self.path('file')} is not a directory", 1)

    def test_20_a_directory(self):
        self.expect(["sh", "-c", "echo x > /tmp; exit $?"], r"sh \(pid \d+\) could not create /tmp: Is a directory "
                    r"\(EISDIR\)", 2)

    def test_20_name_too_long(self):
        name = "x" * 300
        self.expect(f"cat {name}", rf"cat \(pid \d+\) could not open {name}: File name too long \(ENAMETOOLONG\)", 1)

    def test_22_arguments_too_long(self):
        self.write("run.py", "import os\nos.execv('/bin/true', ['true', 'x' * 200000])\n")
        self.expect(f"{PYTHON} run.py", r"python3\S* \(pid \d+\) could not execute /bin/true: Argument list too long "
                    r"\(E2BIG\).*", 1)

    def test_23_other_machine(self):
        with open("/bin/true", "rb") as file:
            program = bytearray(file.read())
        program[18:20] = struct.pack("<H", 243)  # e_machine: RISC-V
        self.write("tool", bytes(program), 0o755)
        self.expect([PYTHON, "-c", "import os; os.execv('./tool', ['tool'])"], r"python3\S* \(pid \d+\) could not execute "
                    r"./tool: Exec format error \(ENOEXEC\): it is a program for RISC-V", 1)

    def test_no_reason(self):
        for command in (["false"], ["sh", "-c", "exit 3"], ["bash", "-c", "false"], ["grep", "-q", "nosuch", "/etc/passwd"],
                        [PYTHON, "-c", "import json, sys; sys.exit(1)"]):
            _, lines = self.why(command)
            self.assertIn("  no reason seen", lines, command)
            self.assertLessEqual(len(lines), 10)

    def test_success(self):
        self.assertEqual(self.why("true"), (0, ["snoop-why: true exited with 0"]))

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
        subprocess.run([f"{BIN}/execsnoop", "--exit", "--failed", "--record", execs, "--", f"{BIN}/opensnoop", "--record",
                        opens, "--", "cat", "nosuch.conf"], cwd=self.folder, capture_output=True, check=False)
        ran = subprocess.run([f"{BIN}/snoop-why", execs, opens], capture_output=True, text=True, check=True)
        self.assertRegex(ran.stdout, rf"^cat .* exited with 1\n  cat .* found no nosuch.conf in {self.folder}\n$")
        self.assertNotIn("nosuch1.conf", ran.stdout)

    def test_others_are_not_seen(self):
        other = subprocess.Popen(["sh", "-c", "while :; do cat /nonexistent/other; done"], stderr=subprocess.DEVNULL)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        _, lines = self.why("false", "--all")
        self.assertNotIn("/nonexistent/other", "\n".join(lines))

    def test_usage(self):
        for words, code, text in (([], 2, "name either a command"), (["nosuch"], 2, "there is no file 'nosuch'"),
                                  (["-a", "nosuch", "-l", "a b"], 2, "put -- before it: `snoop-why -a -- nosuch -l 'a b'`"),
                                  (["x", "--", "true"], 2, "name either"), (["--", "nosuchcommand"], 127, "cannot execute")):
            ran = subprocess.run([f"{BIN}/snoop-why", *words], capture_output=True, text=True, check=False)
            self.assertEqual((ran.returncode, len(ran.stderr.splitlines())), (code, 1), ran.stderr)
            self.assertIn(text, ran.stderr)
        ran = subprocess.run([*NOBODY.split(), f"{BIN}/snoop-why", "--", "true"], capture_output=True, text=True,
                             check=False)
        self.assertEqual(ran.returncode, 3)
        self.assertRegex(ran.stderr, r"^snoop-why: needs root to trace a command: run `sudo .*snoop-why`\n$")


if __name__ == "__main__":
    BIN = os.path.abspath(sys.argv.pop(1))
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    unittest.main()

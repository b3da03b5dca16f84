#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs, libraries and modules that are not found, and programs that were killed: programs_test.py BIN."""
import os
import shutil
import struct

from failing import PYTHON, SLEEPS, Failing, main


class Programs(Failing):
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

    def test_10_script_not_executable(self):
        self.write("step.sh", "#!/bin/sh\n")
        self.expect(["sh", "-c", "./step.sh; exit $?"], r"sh \(pid \d+\) could not execute ./step.sh: Permission denied "
                    r"\(EACCES\): its mode 0644, owner root denies root", 126)

    def test_14_killed_by_another(self):
        self.write("run.sh", f"#!/bin/sh\nsleep 60 &\n{SLEEPS}\nenv kill -9 $!\nwait $!\n", 0o755)
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

    def test_other_machine_in_a_shell(self):
        """That reads the file once it could not execute it."""
        with open("/bin/true", "rb") as file:
            program = bytearray(file.read())
        program[18:20] = struct.pack("<H", 243)  # e_machine: RISC-V
        self.write("tool", bytes(program), 0o755)
        for shell in ("sh", "bash"):
            self.expect([shell, "-c", "./tool; exit $?"], r"\w+ \(pid \d+\) could not execute ./tool: Exec format error "
                        r"\(ENOEXEC\): it is a program for RISC-V")

    def test_interpreter_of_an_interpreter(self):
        self.write("inner", "#!/opt/nosuch/inner\n", 0o755)
        self.write("tool", f"#!{self.path('inner')}\n", 0o755)
        self.expect(["sh", "-c", "./tool; exit $?"], r"sh \(pid \d+\) could not execute ./tool: its interpreter "
                    "/opt/nosuch/inner does not exist", 127)

    def test_interpreter_not_executable(self):
        self.write("inner", "")
        self.write("tool", f"#!{self.path('inner')}\n", 0o755)
        self.expect(["sh", "-c", "./tool; exit $?"], r"sh \(pid \d+\) could not execute ./tool: Permission denied "
                    rf"\(EACCES\): for its interpreter {self.path('inner')}, its mode 0644, owner root denies root", 126)

    def test_lines_that_end_in_cr_lf(self):
        self.write("tool", "#!/bin/sh\r\nls\r\n", 0o755)
        lines = self.expect(["sh", "-c", "./tool; exit $?"], r"sh \(pid \d+\) could not execute ./tool: its interpreter "
                            r"/bin/sh\\r does not exist", 127)
        self.assertIn("    a carriage return is a part of that name: the lines of the script end in CR LF", lines)
        self.expect("bash tool", r"bash \(pid \d+\) exited with 127, .*; the lines of tool end in CR LF, and the CR is a "
                    "part of their last words", 127)

    def test_status_for_children(self):
        """That of make, timeout and xargs is not the child's, and yet passes it on."""
        self.write("Makefile", "all:\n\tcat nosuch.txt\n")
        for command, status in (("make", 2), ("timeout 9 make", 2), ("xargs -a Makefile cat nosuch.txt", 123)):
            self.expect(command, rf"cat \(pid \d+\) found no nosuch.txt in {self.folder}", status)
        self.expect("timeout 2 sleep 60", r"sleep \(pid \d+\) was killed by SIGTERM, which timeout \(pid \d+\) sent", 124)


if __name__ == "__main__":
    main()

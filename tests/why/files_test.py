#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files that are not found, not permitted, or have no room: files_test.py BIN."""
import os

from failing import NOBODY, PYTHON, Failing, main


class Files(Failing):
    def test_01_missing_configuration(self):
        self.expect(f"cat {self.path('etc/app.conf')}", rf"cat \(pid \d+\) found no {self.path('etc/app.conf')}", 1)
        self.expect(["sh", "-c", "cd / && cat etc/nosuch.conf"], r"cat \(pid \d+\) found no etc/nosuch.conf in /", 1)

    def test_02_misspelt_file(self):
        self.write("app.conf", "{}")
        self.expect_near("cat app.cnf", rf"cat \(pid \d+\) found no app.cnf in {self.folder}",
                         self.path("app.conf"))

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
        self.expect("tee /tmp", r"tee \(pid \d+\) could not create /tmp: Is a directory \(EISDIR\)", 1)

    def test_20_name_too_long(self):
        name = "x" * 300
        self.expect(f"cat {name}", rf"cat \(pid \d+\) could not open {name}: File name too long \(ENAMETOOLONG\)", 1)

    def test_link_to_nothing(self):
        os.symlink("/srv/gone.conf", self.path("app.conf"))
        lines = self.expect("cat app.conf", rf"cat \(pid \d+\) found no app.conf in {self.folder}")
        self.assertIn(f"    {self.path('app.conf')} is a link to /srv/gone.conf, which does not exist", lines)

    def test_header_of_a_header(self):
        """A file that a compiler read includes it: it is not optional."""
        self.write("tool.c", '#include "tool.h"\n')
        self.write("tool.h", "\n#include <nosuch/deep.h>\n")
        lines = self.expect("cc -c tool.c", r'cc1 \(pid \d+\) found no "nosuch/deep.h" in \d+ directories, .*')
        self.assertIn("    tool.h:2 includes it", lines)

    def test_ways_to_name_a_file(self):
        for command in (f"awk -f{self.path('a.x')}", "dd if=a.x", "sed --file=a.x"):
            self.expect(command, r"\S+ \(pid \d+\) found no \S*a.x( in .*)?")

    def test_name_with_a_carriage_return(self):
        self.write("run.sh", "set -e\ncat /etc/passwd\r\n")
        lines = self.expect("sh run.sh", r"cat \(pid \d+\) found no /etc/passwd\\r", 1)
        self.assertIn("    a carriage return is a part of that name: the lines of a script end in CR LF", lines)


if __name__ == "__main__":
    main()

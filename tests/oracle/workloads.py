# SPDX-License-Identifier: BSD-2-Clause
"""Commands that people run every day, as shell scripts. Each runs in an empty folder of its own."""

from dataclasses import dataclass


@dataclass
class Workload:
    name: str
    packages: str  # that provide its programs, beside those that every Debian system has
    script: str
    is_short: bool = False  # also part of a short run


WORKLOADS = (
    Workload("shell", "", r"""
        printf 'echo no interpreter line\n' >plain; chmod +x plain; ./plain
        printf '#!/bin/sh\necho "$0" "$@"\n' >script; chmod +x script; ./script 'two words' '' "$(printf 'a\nb')"
        printf '#!/no/such/interpreter\n' >broken; chmod +x broken; ./broken
        printf 'text' >text; ./text; ./missing; touch denied; ./denied; /etc/passwd; ./text/below
        printf '\300\257 \342\202\254' | xargs -I{} echo {}
        ls -l /nonexistent /etc/hostname; cat <missing; echo x >/nonexistent/file
        seq 200 | sort -R | head -n 3 | tr -d '\n' | wc -c
        (sleep 0.01 & (exit 3); wait); env -i /bin/true; exec 9<text; cat <&9
        echo "$(printf '%070000d' 7)" | xargs -s 100000 /bin/echo | wc -c
        """, is_short=True),
    Workload("make", "gcc make", r"""
        for i in $(seq 24); do printf '#include <stdio.h>\nint f%d(void) { return puts("%d"); }\n' $i $i >f$i.c; done
        printf 'int main(void) { return 0; }\n' >main.c
        printf 'OBJECTS = $(patsubst %%.c,%%.o,$(wildcard *.c))\nmain: $(OBJECTS)\n\t$(CC) -o $@ $^\n' >Makefile
        make -s -j4 && ./main && make -s -q; make nothing
        """),
    Workload("autotools", "autoconf automake gcc make", r"""
        printf 'AC_INIT([hello], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CHECK_HEADERS([fcntl.h none.h])\n' \
            >configure.ac
        printf 'AC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n' >>configure.ac
        printf 'bin_PROGRAMS = hello\nhello_SOURCES = hello.c\n' >Makefile.am
        printf 'int main(void) { return 0; }\n' >hello.c
        autoreconf -i && ./configure -q && make -s -j2 && ./hello
        """),
    Workload("cmake", "cmake ninja-build g++", r"""
        printf 'cmake_minimum_required(VERSION 3.20)\nproject(hello CXX)\nfind_package(Threads)\n' >CMakeLists.txt
        printf 'add_executable(hello hello.cpp)\n' >>CMakeLists.txt
        printf 'int main() {}\n' >hello.cpp
        cmake -G Ninja -S . -B build && cmake --build build && build/hello
        """),
    Workload("git", "git", r"""
        export GIT_CONFIG_GLOBAL="$PWD/config" HOME="$PWD"
        git config --global user.email a@b && git config --global user.name n && git init -q one && cd one || exit
        for i in $(seq 30); do echo $i >file$i; git add -A; git commit -qm "$i"; done
        git gc -q; git fsck; git clone -q . ../two; git -C ../two log --stat -p | tail -n 1; git checkout -q nothing
        git worktree add -q ../three; git grep -n 7 | head -n 1; git archive HEAD | tar -t | wc -l
        """, is_short=True),
    Workload("python", "python3", r"""
        mkdir package; for i in $(seq 20); do echo "import os, json, missing$i" >package/m$i.py; done
        /usr/bin/python3 -m compileall -q -j 2 package; /usr/bin/python3 package/m1.py
        /usr/bin/python3 -c 'import multiprocessing as m; print(sum(m.Pool(4).map(abs, range(-50, 0))))'
        /usr/bin/python3 -c '
import os, threading
for _ in range(20):
    threads = [threading.Thread(target=lambda: open("/etc/hostname").close()) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
if os.fork() == 0:
    threading.Thread(target=lambda: os.execv("/bin/true", ["true", "from a thread"])).start()
    threading.Event().wait()
os.wait(); os.execve(os.open("/bin/true", os.O_RDONLY), ["by", "descriptor"], {})'
        """),
    Workload("package", "dpkg-dev", r"""
        mkdir -p tree/DEBIAN tree/usr/share/thing root/var/lib/dpkg/info root/var/lib/dpkg/updates
        touch root/var/lib/dpkg/status
        printf 'Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: n <a@b>\nDescription: d\n' >tree/DEBIAN/control
        for i in $(seq 50); do echo $i >tree/usr/share/thing/$i; done
        dpkg-deb --root-owner-group -b tree thing.deb && dpkg-deb -c thing.deb | tail -n 1 && dpkg-deb -x thing.deb out
        dpkg --force-script-chrootless --root="$PWD/root" -i thing.deb
        dpkg --force-script-chrootless --root="$PWD/root" -r thing
        """),
    Workload("sqlite", "sqlite3", r"""
        sqlite3 a.db 'create table t(a, b); create index i on t(a);'
        for i in $(seq 40); do sqlite3 a.db "insert into t values ($i, hex(randomblob(500)));"; done
        sqlite3 a.db .dump | sqlite3 b.db; sqlite3 a.db 'vacuum; pragma integrity_check;'; sqlite3 /nonexistent/c.db .tables
        """),
    Workload("archives", "xz-utils findutils", r"""
        mkdir -p deep/$(seq -s / 60); for i in $(seq 300); do echo $i >deep/$i; done
        tar -cf - deep | xz -T2 -1 >deep.tar.xz; tar -xJf deep.tar.xz --transform s/deep/out/; diff -r deep out
        find out -type f -name '*7' -exec gzip {} +; find out -name '*.gz' -print0 | xargs -0 -n 3 -P 4 zcat | sort -n | tail -n 1
        rm -r deep; find deep
        """),
    Workload("namespaces", "util-linux mount", r"""
        mkdir -p new/bin new/proc new/etc; cp /bin/busybox new/bin/ 2>/dev/null
        unshare -m -p -f --mount-proc sh -c 'ls -l /proc/self/exe; sh -c "cat /etc/hostname; (true); exit 4"; ls /proc | head -n 1'
        unshare -r sh -c 'id -u; cat /etc/shadow | wc -l'
        unshare -m sh -c 'mount -t tmpfs none new/etc; echo x >new/etc/f; cat new/etc/f; cat new/etc/g'
        chroot new /bin/busybox true; setpriv --reuid 65534 cat /etc/shadow; nsenter -t $$ -m true
        """, is_short=True),
    Workload("stress", "stress-ng", r"""
        mkdir -m 777 of-nobody
        setpriv --reuid 65534 --clear-groups stress-ng --quiet --temp-path of-nobody --exec 2 --exec-ops 200 --exec-max 4
        stress-ng --quiet --temp-path . --open 1 --open-ops 2000 --open-max 50
        stress-ng --quiet --temp-path . --vfork 1 --vfork-ops 300
        """),
)

// SPDX-License-Identifier: BSD-2-Clause
// The less common ways to execute a program, called in a child. Each returns only if
// the kernel refuses, with errno; else the process is the program.
//     in_child([&] { _exit(exec_at(AT_FDCWD, "/bin/true", {"true", mark}, 0)); });
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

using Args = std::vector<std::string>;

// execve(2), with no environment.
int exec_ve(const std::string &path, const Args &argv);

// execveat(2).
int exec_at(int dirfd, const std::string &path, const Args &argv, int flags);

// Calls execve in a thread other than the first; writes the thread's id to the pipe before.
int exec_in_thread(const std::string &path, const Args &argv, int tid_to);

// Makes the 32-bit system call from this 64-bit program: `int $0x80`, with all pointers
// below 4 GiB. ENOSYS on other machines than x86-64; see Hook::ia32.
int exec_32bit(const std::string &path, const Args &argv);

// A program in a memfd: a descriptor for fexecve, without close-on-exec.
int memory_file(const char *name, const std::string &bytes);

} // namespace snoop::test

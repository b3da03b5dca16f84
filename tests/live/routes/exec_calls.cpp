// SPDX-License-Identifier: BSD-2-Clause
// Executes by each system call.
#include "exec_rows.hpp"
#include "exec_ways.hpp"
#include "shared.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

Exec program(const TempDir &dir) { return {.path = dir.program("prog"), .argv = {"zero", marker(), "last"}}; }

Made plain(const TempDir &dir)
{
    const Exec exec = program(dir);
    return {.rows = {exec_row(by_execve(exec), exec)}};
}

Made by_vfork(const TempDir &dir)
{
    const Exec exec = program(dir);
    return {.rows = {exec_row(run(exec), exec)}};
}

Made by_spawn(const TempDir &dir)
{
    const Exec exec = program(dir);
    char *const no_env[] = {nullptr};
    Ended done{};
    check(posix_spawn(&done.pid, exec.path.c_str(), nullptr, nullptr, pointers(exec.argv).data(), no_env) == 0 &&
              waitpid(done.pid, &done.status, 0) == done.pid,
          "posix_spawn");
    return {.rows = {exec_row(done, exec)}};
}

// The requested path is the name that the kernel gives it.
Made below_a_directory(const TempDir &dir)
{
    Exec exec = program(dir);
    const Fd folder{open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const Ended done = by_call([&] { return exec_at(folder.get(), "prog", exec.argv, 0); });
    exec.path = fmt::format("/dev/fd/{}/prog", folder.get());
    return {.rows = {exec_row(done, exec, {{"resolved", dir.at("prog")}})}};
}

// The path of the file in /proc is that of a descriptor, too. The old fexecve(3) uses it.
Made by_proc(const TempDir &dir)
{
    Exec exec = program(dir);
    const Fd file{open(exec.path.c_str(), O_RDONLY | O_CLOEXEC)};
    exec.path = fmt::format("/proc/self/fd/{}", file.get());
    Json row = exec_row(by_execve(exec), exec, {{"resolved", dir.at("prog")}});
    row.erase("comm");
    return {.rows = {row}};
}

Made of_an_unlinked_file(const TempDir &dir)
{
    Exec exec = program(dir);
    const Fd file{open(exec.path.c_str(), O_RDONLY | O_CLOEXEC)};
    check(unlink(exec.path.c_str()) == 0, "unlink");
    exec.path = fmt::format("/dev/fd/{}", file.get());
    Json row = exec_row(by_call([&] { return exec_at(file.get(), "", exec.argv, AT_EMPTY_PATH); }), exec,
                        {{"resolved", dir.at("prog") + " (deleted)"}});
    row.erase("comm");
    return {.rows = {row}};
}

// The descriptor stays open, since the interpreter reads the script from it. `name` is a script below it, if any.
Made of_a_script_by(const TempDir &dir, const std::string &opened, const std::string &name)
{
    const std::string interp = dir.program("interp"), script = dir.file("script", "#!" + interp + " -x\n", 0755);
    const Fd file{open(opened.c_str(), O_RDONLY)};
    const Args argv{"zero", marker()};
    const Ended done = by_call([&] { return exec_at(file.get(), name, argv, AT_EMPTY_PATH); });
    const std::string path = fmt::format("/dev/fd/{}{}{}", file.get(), name.empty() ? "" : "/", name);
    const Exec exec{.path = path, .argv = {interp, "-x", path, argv[1]}};
    struct stat what {};
    check(stat(interp.c_str(), &what) == 0, interp);
    Json row = exec_row(done, exec, {{"interp", interp}, {"resolved", script}, {"exe_ino", what.st_ino}});
    row.erase("comm");
    return {.rows = {row}, .words = {argv[1]}};
}

Made of_a_script(const TempDir &dir)
{
    dir.file("script", "", 0755);
    return of_a_script_by(dir, dir.at("script"), "");
}

Made of_a_script_below_a_directory(const TempDir &dir) { return of_a_script_by(dir, dir.path(), "script"); }

Made from_memory(const TempDir &)
{
    const Fd file{memory_file("secret", program_bytes(0))};
    check(static_cast<bool>(file), "memfd_create");
    const Exec exec{.path = fmt::format("/dev/fd/{}", file.get()), .argv = {"sshd", marker()}};
    Json row = exec_row(by_call([&] { return exec_at(file.get(), "", exec.argv, AT_EMPTY_PATH); }), exec,
                        {{"resolved", "/memfd:secret (deleted)"}});
    row.erase("comm"); // the descriptor's number or, since 6.14, the file's name
    return {.rows = {row}};
}

// The thread takes over the first thread's id: the row is the process's.
Made by_a_thread(const TempDir &dir)
{
    const Exec exec = program(dir);
    const auto [out, in] = make_pipe();
    pid_t tid = 0;
    const Ended done = by_call([&, &in = in] { return exec_in_thread(exec.path, exec.argv, in.get()); });
    check(read(out.get(), &tid, sizeof(tid)) == sizeof(tid) && tid != done.pid, "the thread's id");
    return {.rows = {exec_row(done, exec, {{"old_tid", tid}})}};
}

Made by_a_32_bit_call(const TempDir &dir)
{
    const Exec exec = program(dir);
    return {.rows = {exec_row(by_call([&] { return exec_32bit(exec.path, exec.argv); }), exec)}};
}

// The requested path is the script; the program that runs is the interpreter of its interpreter.
Made a_script(const TempDir &dir)
{
    const std::string interp = dir.program("interp");
    const std::string inner = dir.file("inner", "#!" + interp + " -f one two\n", 0755);
    const Exec exec{.path = dir.file("outer", "#!" + inner + "\n", 0755), .argv = {"zero", marker()}};
    const Args args{interp, "-f one two", inner, exec.path, exec.argv[1]};
    return {
        .rows = {exec_row(by_execve(exec), exec, {{"interp", interp}, {"args", args}, {"args_bytes", bytes_of(args)}})},
        .words = {exec.argv[1]}};
}

// The format is there for the length of a child that has the file system in mounts of its own.
Made a_binary_format(const TempDir &dir)
{
    const std::string place = dir.folder("formats"), magic = marker(), interp = dir.program("interp");
    const Exec exec{.path = dir.file("odd", magic + " and more", 0755), .argv = {"zero", marker()}};
    const Shared<Ended> done;
    const Ended child = in_child([&] {
        private_mounts();
        add_binary_format(place, magic, magic, interp);
        *done = run(exec);
        tell_kernel(place + "/" + magic, "-1");
    });
    check(child.status == 0 && done->status == 0, "a binary format");
    const Args args{interp, exec.path, exec.argv[1]};
    return {
        .rows = {exec_row(*done, exec,
                          {{"ppid", child.pid}, {"interp", interp}, {"args", args}, {"args_bytes", bytes_of(args)}})},
        .words = {exec.argv[1]}};
}

// The kernel executes what core_pattern names, as a child of its own, when a process dumps core;
// that is not over before the program has ended.
Made a_core_pipe(const TempDir &dir)
{
    constexpr const char *pattern = "/proc/sys/kernel/core_pattern";
    const std::string before = read_file(pattern), helper = dir.program("helper"), mark = marker();
    const Exec crashing{.path = dir.file("crash", crashing_program_bytes(), 0755)};
    tell_kernel(pattern, fmt::format("|{} %P {}", helper, mark));
    const Ended done = run(crashing);
    tell_kernel(pattern, before);
    check(WIFSIGNALED(done.status) && WCOREDUMP(done.status), "a core dump");
    const Exec exec{.path = helper, .argv = {helper, std::to_string(done.pid), mark}};
    Json row = exec_row({0, 0}, exec, {{"ppid", 2}, {"cwd", "/"}});
    for (const char *key : {"pid", "tid", "old_tid", "ns_pid"}) // nobody here knows
        row.erase(key);
    return {.rows = {row}, .marker = mark};
}

} // namespace

std::vector<Route> exec_calls()
{
    return {
        {"execve", "execve", plain},
        {"vfork", "vfork, then execve", by_vfork},
        {"posix_spawn", "posix_spawn", by_spawn},
        {"execveat", "execveat, below a directory's descriptor", below_a_directory},
        {"fexecve_memfd", "fexecve of a memfd", from_memory},
        {"fexecve_unlinked", "fexecve of a file that is unlinked", of_an_unlinked_file},
        {"fexecve_script", "fexecve of a `#!` script", of_a_script},
        {"execveat_script", "execveat of a `#!` script, below a directory's descriptor", of_a_script_below_a_directory},
        {"proc_fd", "`/proc/self/fd`", by_proc},
        {"thread", "execve by a thread that is not the first", by_a_thread},
        {"ia32",
         "a 32-bit execve, `int 0x80`",
         by_a_32_bit_call,
         {{Hook::ia32, "32-bit x86 calls are of x86-64 only"}}},
        {"script", "a `#!` script of a `#!` script", a_script},
        {"binfmt_misc",
         "a binary format of binfmt_misc",
         a_binary_format,
         {{Hook::binfmt_misc, "the kernel has no binfmt_misc"}}},
        {"core_pattern",
         "by the kernel: the pipe of core_pattern",
         a_core_pipe,
         {{Hook::core_pipe, "tried in virtual machines only: core_pattern is the whole machine's"}}},
    };
}

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Failed execs, by reason and by call.
#include "exec_rows.hpp"
#include "exec_ways.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

Made fails(const std::string &path, int err, const Args &more = {})
{
    Exec exec{.path = path, .argv = {"zero", marker()}};
    exec.argv.insert(exec.argv.end(), more.begin(), more.end());
    return {.rows = {failure_row(failing([&] { return exec_ve(exec.path, exec.argv); }, err), exec, err)}};
}

Made of_a_loop(const TempDir &dir)
{
    const std::string one = dir.at("loop1"), two = dir.at("loop2");
    check(symlink(one.c_str(), two.c_str()) == 0 && symlink(two.c_str(), one.c_str()) == 0, "symlink");
    return fails(one, ELOOP);
}

// 6.11 and later kernels allow it, until this was reverted.
Made of_a_file_being_written(const TempDir &dir)
{
    const Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    const Fd writer{open(exec.path.c_str(), O_WRONLY | O_CLOEXEC)};
    const auto call = [&] { return exec_ve(exec.path, exec.argv); };
    const Ended probe = in_child([&] { _exit(call()); });
    if (probe.status == 0)
        return {.rows = {exec_row(by_call(call), exec)}, .note = "the kernel lets it run"};
    return {.rows = {failure_row(failing(call, ETXTBSY), exec, ETXTBSY)}};
}

Made by_execveat(const TempDir &dir)
{
    const Exec exec{.path = dir.at("nothing"), .argv = {"zero", marker()}};
    const Ended done = failing([&] { return exec_at(AT_FDCWD, exec.path, exec.argv, 0); }, ENOENT);
    return {.rows = {failure_row(done, exec, ENOENT)}};
}

Made by_fexecve(const TempDir &dir)
{
    const Exec exec{.path = "", .argv = {"zero", marker()}};
    const std::string text = dir.file("text", "text", 0644);
    const Fd file{open(text.c_str(), O_RDONLY | O_CLOEXEC)};
    const Ended done = failing([&] { return exec_at(file.get(), "", exec.argv, AT_EMPTY_PATH); }, EACCES);
    return {.rows = {failure_row(done, exec, EACCES, {{"resolved", text}})}, .words = {exec.argv[1]}};
}

Made below_a_directory(const TempDir &dir)
{
    const Exec exec{.path = "nothing", .argv = {"zero", marker()}};
    const Fd folder{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
    const Ended done = failing([&] { return exec_at(folder.get(), exec.path, exec.argv, 0); }, ENOENT);
    return {.rows = {failure_row(done, exec, ENOENT, {{"resolved", dir.at("nothing")}})}};
}

Made by_a_thread(const TempDir &dir)
{
    const Exec exec{.path = dir.at("nothing"), .argv = {"zero", marker()}};
    const auto [out, in] = make_pipe();
    pid_t tid = 0;
    const Ended done = failing([&, &in = in] { return exec_in_thread(exec.path, exec.argv, in.get()); }, ENOENT);
    check(read(out.get(), &tid, sizeof(tid)) == sizeof(tid) && tid != done.pid, "the thread's id");
    return {.rows = {failure_row(done, exec, ENOENT, {{"tid", tid}, {"old_tid", tid}})}};
}

Made by_a_32_bit_call(const TempDir &dir)
{
    const Exec exec{.path = dir.at("nothing"), .argv = {"zero", marker(), "last"}};
    const Ended done = failing([&] { return exec_32bit(exec.path, exec.argv); }, ENOENT);
    return {.rows = {failure_row(done, exec, ENOENT, {{"abi", 32}})}};
}

} // namespace

std::vector<Route> exec_failures()
{
    return {
        {"enoent", "ENOENT", [](const TempDir &dir) { return fails(dir.at("nothing"), ENOENT, {"last"}); }},
        {"eacces", "EACCES", [](const TempDir &dir) { return fails(dir.file("text", "text", 0644), EACCES); }},
        {"enoexec", "ENOEXEC", [](const TempDir &dir) { return fails(dir.file("text", "text", 0755), ENOEXEC); }},
        {"enotdir", "ENOTDIR", [](const TempDir &dir) { return fails(dir.program("prog") + "/below", ENOTDIR); }},
        {"e2big", "E2BIG, of an argument of 140,000 bytes",
         [](const TempDir &dir) { return fails(dir.program("prog"), E2BIG, {std::string(140'000, 'l')}); }},
        {"eloop", "ELOOP", of_a_loop},
        {"etxtbsy", "ETXTBSY", of_a_file_being_written},
        {"enametoolong", "ENAMETOOLONG",
         [](const TempDir &dir) { return fails(dir.at(std::string(300, 'n')), ENAMETOOLONG); }},
        {"execveat_fails", "execveat, ENOENT", by_execveat},
        {"fexecve_fails", "fexecve, EACCES", by_fexecve},
        {"execveat_below_fails", "execveat, below a directory's descriptor, ENOENT", below_a_directory},
        {"empty", "an empty path, ENOENT",
         [](const TempDir &) {
             Made made = fails("", ENOENT);
             made.words = {made.rows[0]["args"][1]};
             return made;
         }},
        {"thread_fails", "by a thread that is not the first, ENOENT", by_a_thread},
        {"ia32_fails",
         "by a 32-bit execve, ENOENT",
         by_a_32_bit_call,
         {{Hook::ia32, "32-bit x86 calls are of x86-64 only"}}},
    };
}

} // namespace snoop::test

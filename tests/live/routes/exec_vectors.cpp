// SPDX-License-Identifier: BSD-2-Clause
// Execs with all kinds of paths and arguments.
#include "exec_rows.hpp"
#include "exec_ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

// Executes a program with these arguments behind its name and a marker.
Made with(const TempDir &dir, const Args &args)
{
    Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    exec.argv.insert(exec.argv.end(), args.begin(), args.end());
    return {.rows = {exec_row(by_execve(exec), exec)}};
}

Made many(const TempDir &dir)
{
    Args args;
    for (int i = 2; i < 3000; i++)
        args.push_back(fmt::format("arg{}", i));
    return with(dir, args);
}

// As much as the kernel allows with a stack of 8 MiB: a quarter of it, 2 MiB, for all strings
// and their pointers.
Made as_large_as_can_be(const TempDir &dir)
{
    constexpr std::size_t strings = 20, each = 100'000, for_pointers = 1024;
    Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    for (std::size_t i = 0; i < strings; i++)
        exec.argv.emplace_back(each, static_cast<char>('a' + i));
    exec.argv.emplace_back((2 << 20) - for_pointers - bytes_of(exec.argv) - 1, 'z');
    const Ended done = by_execve(exec, 0, [] {
        const rlimit stack{8 << 20, 8 << 20};
        setrlimit(RLIMIT_STACK, &stack);
    });
    return {.rows = {exec_row(done, exec)}};
}

// Since 5.18 the kernel puts one empty string there; what it did, /proc tells.
Made none(const TempDir &dir)
{
    const Exec exec{.path = dir.waiting_program("noargs")};
    Process process{[&] {
        char *const nothing[] = {nullptr};
        execve(exec.path.c_str(), nothing, nothing);
    }};
    const auto says = [&](const char *file) { return read_file(fmt::format("/proc/{}/{}", process.pid(), file)); };
    if (!eventually([&] { return says("stat").find("(noargs) S") != std::string::npos; }))
        throw std::runtime_error("the program does not come to wait");
    const std::string got = says("cmdline");
    process.send(SIGKILL);
    return {.rows = {exec_row(process.wait(), exec,
                              {{"args", got.empty() ? Json::array() : Json{""}}, {"args_bytes", got.size()}})},
            .words = {exec.path},
            .note = got.empty() ? "" : "the kernel adds an empty argument"};
}

// Newline, escape, quotes, invalid UTF-8 (U+FFFD in JSON, a byte each), what turns text round.
Made odd_bytes(const TempDir &dir)
{
    const Args args{"a\nb", "\x1b[31m", "\"q\"", "back\\slash", "\xe2\x80\xae", "\xff\xfe"};
    Made made = with(dir, args);
    made.rows[0]["args"].back() = "\xef\xbf\xbd\xef\xbf\xbd";
    made.words = {made.rows[0]["args"][1]};
    made.words.insert(made.words.end(), args.begin(), args.end());
    return made;
}

Made a_long_path(const TempDir &dir)
{
    std::string path = dir.path();
    while (path.size() < 3890) {
        path += "/" + std::string(std::min<std::size_t>(200, 3894 - path.size() - 1), 'd');
        check(mkdir(path.c_str(), 0755) == 0, path);
    }
    path += "/" + std::string(3900 - path.size() - 1, 'p');
    write_file(path, program_bytes(0), 0755);
    const Exec exec{.path = path, .argv = {"zero", marker()}};
    return {.rows = {exec_row(by_execve(exec), exec)}, .words = {path, exec.argv[1]}};
}

// The path is read from a file that is mapped afresh, by nobody before the kernel.
Made a_path_never_touched(const TempDir &dir)
{
    const Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    const Fd file{open(dir.file("path", exec.path + '\0').c_str(), O_RDONLY | O_CLOEXEC)};
    const Ended done = by_call([&] {
        char *const no_env[] = {nullptr};
        const void *path = mmap(nullptr, exec.path.size() + 1, PROT_READ, MAP_PRIVATE, file.get(), 0);
        execve(static_cast<const char *>(path), pointers(exec.argv).data(), no_env);
        return errno;
    });
    return {.rows = {exec_row(done, exec)}, .words = {exec.path, exec.argv[1]}};
}

// The program that does it shows first, with nothing but its name.
Made literals_never_touched(const TempDir &dir)
{
    const Exec exec{.path = dir.program("prog"), .argv = {"zero", marker(), "literal"}};
    const Exec first{.path = dir.file("first", executing_program_bytes(exec.path, exec.argv), 0755), .argv = {"first"}};
    const Ended done = by_execve(first);
    return {.rows = {exec_row(done, first, {{"exit_code", nullptr}, {"signal", nullptr}}), exec_row(done, exec)},
            .words = {exec.path, exec.argv[1], exec.argv[2]}};
}

// A second thread rewrites an argument while the first one executes. What the new program got
// it says itself; what was asked for is one of two texts, or any mixture of both.
Made a_racing_thread(const TempDir &dir)
{
    constexpr std::size_t bytes = 8192;
    constexpr int rounds = 8, report_fd = 100;
    const std::string path = dir.file("report", reporting_program_bytes(report_fd, bytes), 0755);
    Made made;
    for (int i = 0; i < rounds; i++) {
        const auto [out, in] = make_pipe();
        const Ended done = by_call([&, &report = in] {
            std::string argument(bytes, 'a');
            std::atomic<bool> runs = false;
            dup2(report.get(), report_fd);
            std::thread{[&] {
                for (runs = true;;)
                    for (const char letter : {'b', 'a'})
                        std::memset(argument.data(), letter, bytes);
            }}.detach();
            while (!runs)
                std::this_thread::yield();
            char *const argv[] = {argument.data() + bytes, argument.data(), nullptr}, *const no_env[] = {nullptr};
            execve(path.c_str(), argv, no_env);
            return errno;
        });
        std::string got(bytes, '\0');
        check(read(out.get(), got.data(), bytes) == static_cast<ssize_t>(bytes), "what the program got");
        made.rows.push_back(exec_row(done, {.path = path, .argv = {"", got}}));
    }
    return made;
}

} // namespace

std::vector<Route> exec_vectors()
{
    return {
        {"arguments_3000", "3,000 arguments", many},
        {"arguments_2mib", "arguments of 2 MiB, the kernel's limit", as_large_as_can_be},
        {"arguments_none", "no arguments (`argc` 0)", none},
        {"arguments_empty", "empty arguments",
         [](const TempDir &dir) {
             return with(dir, {"", "", "x", ""});
         }},
        {"argument_100k", "an argument of 100,000 bytes",
         [](const TempDir &dir) { return with(dir, {std::string(100'000, 'x')}); }},
        {"arguments_odd", "arguments with newline, escape, invalid UTF-8", odd_bytes},
        {"arguments_race", "an argument that another thread rewrites during the call", a_racing_thread},
        {"path_3900", "a path of 3,900 characters", a_long_path},
        {"path_untouched", "a path in a page never touched (a fresh file mapping)", a_path_never_touched},
        {"literals_untouched", "string literals of an untouched `.rodata`", literals_never_touched},
    };
}

} // namespace snoop::test

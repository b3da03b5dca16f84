// SPDX-License-Identifier: BSD-2-Clause
// execsnoop -x: every error, by every hook; arguments that cannot be read.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "execsnoop/execsnoop.hpp"
#include "kernel/features.hpp"

#include <bpf/bpf.h>

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

using Call = int (*)(const std::string &path, const Args &argv);

int by_execveat(const std::string &path, const Args &argv) { return exec_at(AT_FDCWD, path, argv, 0); }

void expect_failures(const TempDir &dir, const std::string &probe)
{
    ToolRun text{"execsnoop", {"-x", "--probe", probe}};
    ToolRun object{"execsnoop", {"-x", "--probe", probe, "-o", "json"}};

    const std::string nothing = dir.at("nothing");
    for (const Call call : {exec_ve, by_execveat}) {
        const std::string mark = marker();
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "caller");
            _exit(call(nothing, {"zero", mark, ""}));
        });
        ASSERT_EQ(done.status, W_EXITCODE(ENOENT, 0));
        EXPECT_EQ(text.line_with(mark), text_row("caller", done.pid, getpid(), -ENOENT, nothing + " " + mark + " "));
        EXPECT_EQ(without_moment(object.row_with(mark)),
                  expected_row(done.pid, {{"comm", "caller"},
                                          {"ret", -ENOENT},
                                          {"errno", "ENOENT"},
                                          {"filename", nothing},
                                          {"args", {"zero", mark, ""}},
                                          {"args_bytes", 5 + mark.size() + 1 + 1},
                                          {"abi", 64}}));
    }
    // A successful exec shows once.
    const std::string good = marker();
    EXPECT_EQ(run({.path = dir.program("fine"), .argv = {"zero", good}}).status, 0);
    EXPECT_EQ(object.row_with(good)["ret"], 0);
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
    EXPECT_EQ(object.count_with(good), 1u);
    auto accounting = expect_balance(object.err());
    // A kernel that preempts tasks inside syscall tracepoints may skip the program for the other task, in
    // any of its system calls, and counts how often.
    EXPECT_EQ(accounting["lost"], probe == "raw_tp" ? accounting["missed"] : 0u);
}

TEST_F(Execsnoop, FailuresByTracepoint)
{
    SNOOP_NEEDS(tracefs);
    SNOOP_NEEDS(tp);
    expect_failures(dir, "tracepoint");
}

TEST_F(Execsnoop, FailuresByRawTracepoint)
{
    SNOOP_NEEDS(raw_tp);
    expect_failures(dir, "raw_tp");
}

TEST_F(Execsnoop, FiltersFailures)
{
    const std::string no = marker(), yes = marker();
    ToolRun tool{"execsnoop", {"-x", "-n", "caller", "-u", "1000"}};
    const auto fail = [&](const char *comm, uid_t uid, const std::string &mark) {
        in_child([&] {
            prctl(PR_SET_NAME, comm);
            become(uid, uid);
            exec_now({.path = "/no/such/file", .argv = {"x", mark}});
        });
    };

    fail("other", 1000, no);
    fail("caller", 1001, no);
    fail("caller", 1000, yes);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

// --errno shows failures without -x.
TEST_F(Execsnoop, FiltersByError)
{
    const std::string absent = marker(), denied = marker(), good = marker();
    ToolRun only{"execsnoop", of_children({"--errno", "ENOENT"})},
        rest{"execsnoop", of_children({"--errno", "!enoent"})},
        successes{"execsnoop", of_children({"--errno", "0", "-x"})};

    in_child([&] { _exit(exec_ve(dir.at("nothing"), {"x", absent})); });
    in_child([&] { _exit(exec_ve(dir.path(), {"x", denied})); });
    EXPECT_EQ(run({.path = program, .argv = {"x", good}}).status, 0);
    only.line_with(absent);
    rest.line_with(denied);
    rest.line_with(good);
    successes.line_with(good);
    for (ToolRun *tool : {&only, &rest, &successes})
        EXPECT_EQ(tool->stop(), 0);
    EXPECT_EQ(only.count_with(denied) + only.count_with(good), 0u);
    EXPECT_EQ(rest.count_with(absent), 0u);
    EXPECT_EQ(successes.count_with(absent) + successes.count_with(denied), 0u);
    EXPECT_GE(expect_balance(only.err())["filtered"], 2u);
}

TEST_F(Execsnoop, HidesFailuresByDefault)
{
    ToolRun tool{"execsnoop", of_children()};
    const std::string bad = marker(), good = marker();

    in_child([&] { _exit(exec_ve("/no/such/file", {"x", bad})); });
    EXPECT_EQ(run({.path = program, .argv = {"x", good}}).status, 0);
    tool.line_with(good);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(bad), 0u);
}

// One string exceeds the kernel's 128 KiB: the arguments are shown up to the limit.
TEST_F(Execsnoop, FailureWithTooLongArgument)
{
    ToolRun tool{"execsnoop", json({"-x"})}, text{"execsnoop", of_children({"-x", "--max-args-bytes", "1000"})};
    const std::string mark = marker(), letters(140'000, 'l');
    const std::size_t before = 2 + mark.size() + 1;

    const Ended done = in_child([&] { _exit(exec_ve(program, {"x", mark, letters})); });
    EXPECT_EQ(done.status, W_EXITCODE(E2BIG, 0));
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["errno"], "E2BIG");
    EXPECT_EQ(row["args"], (Args{"x", mark, letters.substr(0, 65'536 - before)}));
    EXPECT_EQ(row["truncated"], true);
    EXPECT_EQ(text.line_with(mark), text_row(own_comm(), done.pid, getpid(), -E2BIG,
                                             fmt::format("{} {} {} <cut after 1000 bytes>", program, mark,
                                                         letters.substr(0, 1000 - before))));
}

TEST_F(Execsnoop, FailureWithManyArguments)
{
    Args argv{"x", marker()};
    for (int i = 0; i < 3000; i++)
        argv.push_back(fmt::format("arg{}", i));
    ToolRun tool{"execsnoop", json({"-x"})};

    EXPECT_EQ(in_child([&] { _exit(exec_ve("/no/such/file", argv)); }).status, W_EXITCODE(ENOENT, 0));
    const Json row = tool.row_with(argv[1]);
    // Before 5.17 loops are limited: the program gives up and marks the row.
    const bool has_loop = kernel::has_helper(BPF_FUNC_loop);
    if (!has_loop)
        argv.resize(256);
    EXPECT_EQ(row["args"], argv);
    EXPECT_EQ(row["args_bytes"], bytes_of(argv));
    EXPECT_EQ(row["truncated"], !has_loop);
}

// Shown as <fault>, never as an empty string.
TEST_F(Execsnoop, UnreadableMemory)
{
    ToolRun tool{"execsnoop", json({"-x"})}, text{"execsnoop", of_children({"-x"})};
    // On the heap, which a child has in RAM from the start.
    std::string zero(40, 'x'), name = marker(), arg = marker(), path = "/no/such/file/" + marker();
    auto *const bad = reinterpret_cast<char *>(16);
    char *const with_name[] = {zero.data(), name.data(), nullptr};
    char *const with_bad[] = {zero.data(), arg.data(), bad, nullptr};
    const auto try_exec = [](const char *file, char *const *argv) {
        return in_child([&] {
            execve(file, argv, nullptr);
            _exit(errno);
        });
    };

    const Ended no_path = try_exec(bad, with_name);
    const Ended no_arg = try_exec(path.data(), with_bad);
    const Ended no_vector = try_exec(path.data(), reinterpret_cast<char **>(bad));
    const std::string comm = own_comm();
    const auto row_text = [&](const Ended &ended, const std::string &args) {
        return text_row(comm, ended.pid, getpid(), -(ended.status >> 8), args);
    };
    const auto row_of_pid = [&](const Ended &ended) {
        return tool.row_where([&](const Json &row) { return row["pid"] == ended.pid; });
    };

    Json row = row_of_pid(no_path);
    EXPECT_EQ(row["errno"], "EFAULT");
    EXPECT_EQ(row["filename"], nullptr);
    EXPECT_EQ(row["args"], (Args{zero, name}));
    EXPECT_EQ(row["faulted"], true);
    EXPECT_EQ(text.line_with(name), row_text(no_path, "<fault> " + name));
    row = row_of_pid(no_arg);
    EXPECT_EQ(row["filename"], path);
    EXPECT_EQ(row["args"], (Args{zero, arg}));
    EXPECT_EQ(row["faulted"], true);
    EXPECT_EQ(text.line_with(arg), row_text(no_arg, path + " " + arg + " <fault>"));
    row = row_of_pid(no_vector);
    EXPECT_EQ(row["args"], Json::array());
    EXPECT_EQ(row["faulted"], true);
    EXPECT_EQ(text.line_where([&](const std::string &line) { return line.ends_with(path + " <fault>"); }),
              row_text(no_vector, path + " <fault>"));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(accounting_of(tool.err())["faulted"], 3u);
}

// Many kernels look up the file before they read the arguments. A page of arguments that was never
// touched is then not present: the argument is shown, or marked as unreadable.
TEST_F(Execsnoop, ArgumentNotInMemory)
{
    const std::string mark = marker(), last(95, 'f');
    const std::string page = std::string(4096 - last.size() - 1, '-') + last + '\0';
    const Fd file{open(dir.file("arguments", page).c_str(), O_RDONLY | O_CLOEXEC)};
    ToolRun tool{"execsnoop", json({"-x"})};

    const Ended done = in_child([&] {
        auto *const untouched = static_cast<char *>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file.get(), 0));
        std::string zero = mark;
        char *const argv[] = {zero.data(), untouched + 4096 - last.size() - 1, nullptr};
        execve("/no/such/file", argv, nullptr);
        _exit(errno);
    });
    const Json row = tool.row_where([&](const Json &one) { return one["pid"] == done.pid; });
    EXPECT_EQ(row["args"], row["faulted"] == true ? Args{mark} : (Args{mark, last}));
}

TEST_F(Execsnoop, FailuresWithoutTracefs)
{
    const Step without_tracefs = [] {
        private_mounts();
        cover("/sys/kernel/debug/tracing");
        cover("/sys/kernel/tracing");
    };
    const std::string mark = marker();
    ToolRun tool{"execsnoop", {"-x"}, {.in_child = without_tracefs}};

    in_child([&] { _exit(exec_ve("/no/such/file", {"x", mark})); });
    tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    // The tool does not mention tracefs if it would not help.
    if (kernel::runs_32bit_programs() && !kernel::may_preempt_programs()) {
        EXPECT_THAT(tool.err_lines(), SizeIs(2)) << tool.err();
    } else {
        ASSERT_THAT(tool.err_lines(), SizeIs(3)) << tool.err();
        EXPECT_THAT(tool.err_lines()[0], AllOf(StartsWith("execsnoop: tracefs is not mounted"),
                                               HasSubstr("`mount -t tracefs tracefs /sys/kernel/tracing`")));
    }

    const Outcome forced = run_tool("execsnoop", {"-x", "--probe", "tracepoint"}, {.in_child = without_tracefs});
    EXPECT_EQ(forced.code, 3);
    ASSERT_THAT(forced.err_lines(), SizeIs(1)) << forced.err;
    EXPECT_THAT(forced.err, HasSubstr("`mount -t tracefs tracefs /sys/kernel/tracing`"));
}

TEST_F(Execsnoop, VerboseNamesTheHooks)
{
    const auto said = [](const Args &args) {
        ToolRun tool{"execsnoop", args};
        EXPECT_EQ(tool.stop(), 0);
        std::string own;
        for (const auto &line : tool.err_lines())
            if (line.starts_with("execsnoop: "))
                own += line + "\n";
        return own;
    };
    const std::string plain = said({"-v"});
    EXPECT_THAT(plain, HasSubstr("successes by raw_tp/sched_process_exec\n"));
    EXPECT_THAT(plain, Not(HasSubstr("failures by ")));
    EXPECT_THAT(said({"-v", "-x", "--probe", "raw_tp"}), HasSubstr("failures by raw_tp/sys_exit"));
    SNOOP_NEEDS(tracefs);
    EXPECT_THAT(said({"-v", "-x", "--probe", "tracepoint"}), HasSubstr("failures by tp/syscalls/sys_exit_execve"));
    EXPECT_THAT(said({"-v", "-x"}), HasSubstr(!kernel::runs_32bit_programs() ? "failures by tp/syscalls/sys_exit_execve"
                                              : kernel::may_preempt_programs() ? "failures by tp/raw_syscalls/sys_exit"
                                                                               : "failures by raw_tp/sys_exit, since"));
}

TEST_F(Execsnoop, InvalidOptions)
{
    for (const Args &args :
         {Args{"--max-args-bytes", "0"}, Args{"--max-args-bytes", "3M"}, Args{"--max-args-bytes", "x"},
          Args{"--probe", "raw_tp"}, Args{"-x", "--probe", "kprobe"}, Args{"-l"}}) {
        const Outcome outcome = run_tool("execsnoop", args);
        EXPECT_EQ(outcome.code, 2) << args[0];
        EXPECT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
    }
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// execsnoop on this kernel: the contract of every event tool, then what is its own: the
// ways to execute, arguments, failures, ends.
#include "contract/contract.hpp"
#include "exec_ways.hpp"
#include "hooks.hpp"
#include "load.hpp"

#include "kernel/features.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <bpf/bpf.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <numeric>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const EventTool execsnoop{
    .name = "execsnoop",
    .event = "exec",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        if (access(dir.at(comm).c_str(), X_OK) != 0)
            dir.program(comm);
        return [exec = Exec{.path = dir.at(comm), .argv = {comm, marker}}] { exec_now(exec); };
    },
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(execsnoop)));

constexpr const char *header = "COMM             PID     PPID    RET  ARGS";

std::string text_row(std::string_view comm, pid_t pid, pid_t ppid, int ret, std::string_view args)
{
    return fmt::format("{:<16} {:<7} {:<7} {:<4} {}", comm, pid, ppid, ret, args);
}

std::string own_comm()
{
    char name[16]{};
    prctl(PR_GET_NAME, name);
    return name;
}

std::string working_directory()
{
    char *path = getcwd(nullptr, 0);
    const std::string text = path;
    free(path);
    return text;
}

// Bytes of an argument vector: every string with its NUL.
std::size_t bytes_of(const Args &args)
{
    return std::accumulate(args.begin(), args.end(), std::size_t{0},
                           [](std::size_t sum, const std::string &arg) { return sum + arg.size() + 1; });
}

class Execsnoop : public testing::Test {
protected:
    // Only children of the test, and further options.
    static Args of_children(const Args &more = {})
    {
        Args args{"-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    static Args json(const Args &more = {})
    {
        Args args = of_children({"-o", "json"});
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // Executes a program with these arguments behind its name and returns its row.
    Json row_of(ToolRun &tool, const Args &args, Ended *ended = nullptr) const
    {
        const std::string mark = marker();
        Args argv{"prog", mark};
        argv.insert(argv.end(), args.begin(), args.end());
        const Ended done = run({.path = program, .argv = argv});
        EXPECT_EQ(done.status, 0);
        if (ended)
            *ended = done;
        return tool.row_with(mark);
    }

    TempDir dir;
    const std::string program = dir.program("prog");
};

// ---- rows as a whole ----------------------------------------------------------------

TEST_F(Execsnoop, ATextRow)
{
    ToolRun tool{"execsnoop", of_children()};

    const Ended one = run({.path = program, .argv = {"zero", "-a", "two words", ""}});
    const Ended two = run({.path = program});
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(),
                testing::ElementsAre(header, text_row("prog", one.pid, getpid(), 0, program + " -a two words "),
                                     text_row("prog", two.pid, getpid(), 0, program)));
}

TEST_F(Execsnoop, AJsonRow)
{
    ToolRun tool{"execsnoop", json()};

    const Ended done = run({.path = program, .argv = {"zero", "-a", "two words", ""}});
    Json row = tool.row_with("two words");
    EXPECT_TRUE(row["time"].is_string() && row["ts_ns"].is_number_unsigned() && row["cgroup_id"].is_number_unsigned());
    for (const char *key : {"time", "ts_ns", "cgroup_id"}) // tests of their own
        row.erase(key);
    EXPECT_EQ(row, (Json{{"event", "exec"},
                         {"comm", "prog"},
                         {"pid", done.pid},
                         {"tid", done.pid},
                         {"old_tid", done.pid},
                         {"ns_pid", done.pid},
                         {"ppid", getpid()},
                         {"pcomm", own_comm()},
                         {"uid", 0},
                         {"gid", 0},
                         {"user", "root"},
                         {"ret", 0},
                         {"errno", nullptr},
                         {"filename", program},
                         {"interp", nullptr},
                         {"args", {"zero", "-a", "two words", ""}},
                         {"args_bytes", 5 + 3 + 10 + 1},
                         {"truncated", false},
                         {"faulted", false},
                         {"abi", nullptr},
                         {"cwd", working_directory()}}));
}

// No argument can forge a row, drive the terminal or break the JSON.
TEST_F(Execsnoop, BytesThatAreNoText)
{
    const Args odd{"a\nb", "\x1b[31m",    "\xff\xfe",     "it's",     "\"q\"",
                   "\t",   "back\\slash", "\xe2\x80\xae", "\xc3\xa9", "\x7f"};
    Args argv{"prog"};
    argv.insert(argv.end(), odd.begin(), odd.end());

    ToolRun text{"execsnoop", of_children()}, quoted{"execsnoop", of_children({"-q"})}, object{"execsnoop", json()};
    const Ended done = run({.path = program, .argv = argv});
    for (ToolRun *tool : {&text, &quoted, &object})
        EXPECT_EQ(tool->stop(), 0);

    // The last row of each; above it are the tools that were started later.
    EXPECT_EQ(text.lines().back(), text_row("prog", done.pid, getpid(), 0,
                                            program + " a\\nb \\x1b[31m \\xff\\xfe it's \"q\" \\t back\\\\slash "
                                                      "\\xe2\\x80\\xae \xc3\xa9 \\x7f"));
    EXPECT_EQ(quoted.lines().back(), text_row("prog", done.pid, getpid(), 0,
                                              program + " $'a\\nb' $'\\x1b[31m' $'\\xff\\xfe' $'it\\'s' '\"q\"' $'\\t' "
                                                        "$'back\\\\slash' $'\\xe2\\x80\\xae' '\xc3\xa9' $'\\x7f'"));
    EXPECT_EQ(text.lines().size(), 4u) << text.out();
    Args in_json = argv;
    in_json[3] = "\xef\xbf\xbd\xef\xbf\xbd"; // U+FFFD for each byte
    EXPECT_EQ(object.rows().back()["args"], in_json);
}

TEST_F(Execsnoop, ProcessNamesThatAreNoText)
{
    const std::string name = "a\nb \x1b[1m\xff";
    ToolRun text{"execsnoop", {"-x"}}, object{"execsnoop", {"-x", "-o", "json"}};
    const std::string failing = marker(), child = marker();

    const Ended caller = in_child([&] {
        prctl(PR_SET_NAME, name.c_str());
        in_child([&] { exec_now({.path = program, .argv = {"prog", child}}); });
        exec_now({.path = "/no/such/file", .argv = {"x", failing}});
    });
    EXPECT_EQ(caller.status, W_EXITCODE(ENOENT, 0));
    EXPECT_EQ(text.line_with(failing),
              text_row("a\\nb\\x20\\x1b[1m\\xff", caller.pid, getpid(), -2, "/no/such/file " + failing));
    EXPECT_EQ(object.row_with(failing)["comm"], "a\nb \x1b[1m\xef\xbf\xbd");
    EXPECT_EQ(object.row_with(child)["pcomm"], "a\nb \x1b[1m\xef\xbf\xbd");
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
}

// ---- arguments ----------------------------------------------------------------------

TEST_F(Execsnoop, ALongArgumentIsCutAtTheLimit)
{
    const std::string mark = marker(), letters(100'000, 'x');
    const Args argv{"prog", mark, letters};
    const std::size_t total = bytes_of(argv), before = 5 + mark.size() + 1;

    for (const std::size_t kept : {std::size_t{1000}, std::size_t{4096}, std::size_t{20'000}, std::size_t{65'536}}) {
        Args option{"--max-args-bytes", std::to_string(kept)};
        if (kept == 65'536)
            option.clear(); // the default
        ToolRun object{"execsnoop", json(option)}, text{"execsnoop", of_children(option)};
        const Ended done = run({.path = program, .argv = argv});
        const std::string rest(kept - before, 'x');
        const Json row = object.row_with(mark);
        EXPECT_EQ(row["args"], (Args{"prog", mark, rest})) << kept;
        EXPECT_EQ(row["args_bytes"], total);
        EXPECT_EQ(row["truncated"], true);
        EXPECT_EQ(text.line_with(mark),
                  text_row("prog", done.pid, getpid(), 0,
                           fmt::format("{} {} {} <cut: {} of {} bytes>", program, mark, rest, kept, total)));
        EXPECT_EQ(object.stop(), 0);
        EXPECT_EQ(books_of(object.err())["truncated"], 1u);
        EXPECT_EQ(text.stop(), 0);
    }
}

TEST_F(Execsnoop, VectorsOfEverySizeAroundARecordsBorder)
{
    ToolRun tool{"execsnoop", json()};

    for (const std::size_t size : {4094u, 4095u, 4096u, 4097u, 16'383u, 16'384u, 16'385u, 32'768u, 32'769u, 65'536u}) {
        const std::string mark = marker();
        const Args argv{"prog", mark, std::string(size - bytes_of({"prog", mark, ""}), 'y')};
        EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["args"], argv);
        EXPECT_EQ(row["args_bytes"], size);
        EXPECT_EQ(row["truncated"], false) << size;
    }
    // One more: all but its last NUL.
    const std::string mark = marker();
    const Args argv{"prog", mark, std::string(65'537 - bytes_of({"prog", mark, ""}), 'y')};
    EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["args_bytes"], 65'537);
    EXPECT_EQ(row["truncated"], true);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(books_of(tool.err())["truncated"], 1u);
}

// ---- ways to execute: tests/live/routes has all of them -------------------------------------

TEST_F(Execsnoop, AScriptAndItsInterpreter)
{
    const std::string script = dir.file("script", "#!" + program + " -f one two\n", 0755);
    ToolRun text{"execsnoop", of_children()};
    const std::string mark = marker();

    const Ended done = run({.path = script, .argv = {"zero", mark}});
    EXPECT_EQ(text.line_with(mark),
              text_row("script", done.pid, getpid(), 0, fmt::format("{} -f one two {} {}", program, script, mark)));
}

// `-- CMD`: its own exec is the first row, and here the only one.
TEST_F(Execsnoop, ACommandFromItsFirstInstruction)
{
    ToolRun tool{"execsnoop", {"-o", "json", "--", program, "-x", "--", "last"}};

    EXPECT_EQ(tool.wait(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.out();
    const Json row = tool.rows()[0];
    EXPECT_EQ(row["ppid"], tool.pid());
    EXPECT_EQ(row["filename"], program);
    EXPECT_EQ(row["args"], (Args{program, "-x", "--", "last"}));
}

// ---- failures -----------------------------------------------------------------------

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
        Json row = object.row_with(mark);
        for (const char *key : {"time", "ts_ns", "cgroup_id"})
            row.erase(key);
        EXPECT_EQ(row, (Json{{"event", "exec"},
                             {"comm", "caller"},
                             {"pid", done.pid},
                             {"tid", done.pid},
                             {"old_tid", done.pid},
                             {"ns_pid", done.pid},
                             {"ppid", getpid()},
                             {"pcomm", own_comm()},
                             {"uid", 0},
                             {"gid", 0},
                             {"user", "root"},
                             {"ret", -ENOENT},
                             {"errno", "ENOENT"},
                             {"filename", nothing},
                             {"interp", nullptr},
                             {"args", {"zero", mark, ""}},
                             {"args_bytes", 5 + mark.size() + 1 + 1},
                             {"truncated", false},
                             {"faulted", false},
                             {"abi", 64},
                             {"cwd", working_directory()}}));
    }
    // And what succeeds shows once, as always.
    const std::string good = marker();
    EXPECT_EQ(run({.path = dir.program("fine"), .argv = {"zero", good}}).status, 0);
    EXPECT_EQ(object.row_with(good)["ret"], 0);
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
    EXPECT_EQ(object.count_with(good), 1u);
    auto accounting = expect_balance(object.err());
    // A kernel that preempts within syscall tracepoints may skip the program for the
    // other task: for any of its system calls, and says how often.
    EXPECT_EQ(accounting["lost"], probe == "raw_tp" ? accounting["not_run"] : 0u);
}

TEST_F(Execsnoop, FailuresByTracepoint)
{
    SNOOP_NEEDS(tracefs);
    SNOOP_NEEDS(tp);
    expect_failures(dir, "tracepoint");
}

TEST_F(Execsnoop, FailuresByTheExitOfEveryCall)
{
    SNOOP_NEEDS(raw_tp);
    expect_failures(dir, "raw_tp");
}

TEST_F(Execsnoop, FailuresAreFilteredToo)
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

TEST_F(Execsnoop, FailuresDoNotShowUnasked)
{
    ToolRun tool{"execsnoop", of_children()};
    const std::string bad = marker(), good = marker();

    in_child([&] { _exit(exec_ve("/no/such/file", {"x", bad})); });
    EXPECT_EQ(run({.path = program, .argv = {"x", good}}).status, 0);
    tool.line_with(good);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(bad), 0u);
}

// One string above the kernel's 128 KiB: of such a call too, what is kept is kept.
TEST_F(Execsnoop, AnArgumentThatIsTooLong)
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

TEST_F(Execsnoop, AFailureWithManyArguments)
{
    Args argv{"x", marker()};
    for (int i = 0; i < 3000; i++)
        argv.push_back(fmt::format("arg{}", i));
    ToolRun tool{"execsnoop", json({"-x"})};

    EXPECT_EQ(in_child([&] { _exit(exec_ve("/no/such/file", argv)); }).status, W_EXITCODE(ENOENT, 0));
    const Json row = tool.row_with(argv[1]);
    // A program that cannot loop as long as it likes (before 5.17) gives up, and says so.
    const bool has_loop = kernel::has_helper(BPF_FUNC_loop);
    if (!has_loop)
        argv.resize(256);
    EXPECT_EQ(row["args"], argv);
    EXPECT_EQ(row["args_bytes"], bytes_of(argv));
    EXPECT_EQ(row["truncated"], !has_loop);
}

// Never blank: what can't be read is called so.
TEST_F(Execsnoop, MemoryThatCannotBeRead)
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
    EXPECT_EQ(books_of(tool.err())["faulted"], 3u);
}

// Many kernels look for the file before they touch the arguments. One that nobody has
// touched is then in no page of the process: it is shown, or it is said that it can't be.
TEST_F(Execsnoop, AnArgumentThatIsNotInRam)
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

TEST_F(Execsnoop, WithoutTracefsFailuresShowAndItSaysHow)
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
    // Where tracefs would not help, nothing is to be said.
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

TEST_F(Execsnoop, WrongCallsOfItsOwn)
{
    for (const Args &args :
         {Args{"--max-args-bytes", "0"}, Args{"--max-args-bytes", "3M"}, Args{"--max-args-bytes", "x"},
          Args{"--probe", "raw_tp"}, Args{"-x", "--probe", "kprobe"}, Args{"-l"}}) {
        const Outcome outcome = run_tool("execsnoop", args);
        EXPECT_EQ(outcome.code, 2) << args[0];
        EXPECT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
    }
}

// ---- where ---------------------------------------------------------------------------

class WorkingDirectory : public Execsnoop {
protected:
    // The cwd of a program that is executed, as `path`, by a child that has gone there.
    Json cwd_after(const Step &go_there, const std::string &path)
    {
        const std::string mark = marker();
        const Ended done = in_child([&] {
            go_there();
            exec_now({.path = path, .argv = {"x", mark}});
        });
        EXPECT_EQ(done.status, 0);
        return tool.row_with(mark)["cwd"];
    }
    Json cwd_in(const std::string &folder)
    {
        return cwd_after([&] { change_to(folder); }, program);
    }
    static void change_to(const std::string &folder)
    {
        if (chdir(folder.c_str()) != 0)
            throw std::runtime_error("chdir " + folder);
    }

    ToolRun tool{"execsnoop", json()};
};

TEST_F(WorkingDirectory, AfterChdir)
{
    EXPECT_EQ(cwd_in("/"), "/");
    EXPECT_EQ(cwd_in(dir.path()), dir.path());
    EXPECT_EQ(cwd_in(dir.folder("a b\nc")), dir.at("a b\nc"));
}

TEST_F(WorkingDirectory, OfAFailure)
{
    const std::string mark = marker();
    ToolRun failed{"execsnoop", json({"-x"})};

    in_child([&] {
        change_to(dir.path());
        exec_now({.path = "./nothing", .argv = {"x", mark}});
    });
    const Json row = failed.row_with(mark);
    EXPECT_EQ(row["cwd"], dir.path());
    EXPECT_EQ(row["filename"], "./nothing");
}

TEST_F(WorkingDirectory, OnAnotherMount)
{
    const std::string place = dir.folder("mount");

    EXPECT_EQ(cwd_in("/proc/sys/kernel"), "/proc/sys/kernel");
    EXPECT_EQ(cwd_after(
                  [&] {
                      private_mounts();
                      cover(place);
                      if (mkdir((place + "/inner").c_str(), 0755) != 0)
                          throw std::runtime_error("mkdir");
                      change_to(place + "/inner");
                  },
                  program),
              place + "/inner");
}

TEST_F(WorkingDirectory, DeepDown)
{
    std::string path = dir.path();
    while (path.size() < 3800)
        path += "/" + std::string(90, 'd');
    dir.folder(path.substr(dir.path().size() + 1));
    EXPECT_EQ(cwd_in(path), path);
}

// More components than a program may walk: the lower part is there, with a mark.
TEST_F(WorkingDirectory, TooDeep)
{
    std::string path = dir.path();
    for (int i = 0; i < 120; i++)
        path += fmt::format("/d{}", i);
    dir.folder(path.substr(dir.path().size() + 1));

    const std::string cwd = cwd_in(path);
    EXPECT_THAT(cwd, AllOf(StartsWith(".../d"), EndsWith("/d118/d119")));
    EXPECT_THAT(path, EndsWith(cwd.substr(3)));
    EXPECT_GE(std::count(cwd.begin(), cwd.end(), '/'), 64);
}

// ---- -l -----------------------------------------------------------------------------

TEST_F(Execsnoop, WordsOfTheLine)
{
    const std::string in_argument = marker(), across = marker(), in_file = marker(), second = marker(), none = marker();
    ToolRun tool{"execsnoop", of_children({"-l", "needle", "--line", "two words", "-l", "other" + second})};
    const auto act = [&](const std::string &path, const Args &args) { EXPECT_EQ(run({path, args}).status, 0); };

    act(program, {"x", none, "need", "le", "NEEDLE", "words two"});
    act(program, {"x", in_argument, "hayneedlehay"});
    act(program, {"x", across, "two", "words"});
    act(dir.program("my-needle"), {"x", in_file});
    act(program, {"x", "other" + second});
    for (const auto &mark : {in_argument, across, in_file, second})
        tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(none), 0u);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 4u);
}

// A process that is called so, but asks for nothing of the kind.
TEST_F(Execsnoop, WordsAreNotLookedForInTheName)
{
    const std::string none = marker(), shown = marker();
    ToolRun tool{"execsnoop", of_children({"-x", "-l", "needle"})};
    const auto fail = [&](const Args &args) {
        in_child([&] {
            prctl(PR_SET_NAME, "needle");
            exec_now({.path = "/no/such/file", .argv = args});
        });
    };

    fail({"x", none});
    fail({"x", shown, "needle"});
    EXPECT_THAT(tool.line_with(shown), StartsWith("needle "));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(none), 0u);
}

// ---- --exit -------------------------------------------------------------------------

class Exits : public Execsnoop {
protected:
    using Clock = std::chrono::steady_clock;

    static std::string header_with_exit()
    {
        return fmt::format("{:<16} {:<7} {:<7} {:<4} {:<8} {:>10} {}", "COMM", "PID", "PPID", "RET", "EXIT", "RAN(ms)",
                           "ARGS");
    }
    // Starts the waiting program, whose row comes when it is told to end.
    [[nodiscard]] Process waiting(const std::string &mark) const
    {
        return Process::exec({.path = waits, .argv = {"waits", mark}});
    }

    const std::string waits = dir.waiting_program("waits");
};

TEST_F(Exits, WithANumber)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    for (const int code : {0, 1, 42, 255}) {
        const std::string mark = marker(), path = dir.program(fmt::format("ends-with-{}", code), code);
        const auto start = Clock::now();
        EXPECT_EQ(run({.path = path, .argv = {"x", mark}}).status, W_EXITCODE(code, 0));
        const std::chrono::nanoseconds most = Clock::now() - start;
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["exit_code"], code);
        EXPECT_EQ(row["signal"], nullptr);
        EXPECT_GT(row["duration_ns"], 0);
        EXPECT_LT(row["duration_ns"], most.count());
    }
}

TEST_F(Exits, BySignals)
{
    ToolRun tool{"execsnoop", json({"--exit"})}, begins{"execsnoop", of_children()};

    for (const auto &[signal, name] : {std::pair{SIGSEGV, "SIGSEGV"}, std::pair{SIGKILL, "SIGKILL"},
                                       std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGRTMIN + 1, ""}}) {
        const std::string mark = marker();
        Process process = waiting(mark);
        begins.line_with(mark);
        const auto runs = Clock::now();
        poll(nullptr, 0, 20); // that it takes some time
        const std::chrono::nanoseconds least = Clock::now() - runs;
        process.send(signal);
        EXPECT_EQ(WTERMSIG(process.wait().status), signal);
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["exit_code"], nullptr);
        EXPECT_EQ(row["signal"], *name ? std::string{name} : fmt::format("SIG{}", signal));
        EXPECT_GT(row["duration_ns"], least.count());
    }
}

TEST_F(Exits, InText)
{
    const std::string first = marker(), second = marker();
    ToolRun tool{"execsnoop", of_children({"--exit", "-x"})};

    const Ended done = run({.path = dir.program("three", 3), .argv = {"x", first}});
    EXPECT_THAT(
        tool.line_with(first),
        MatchesRegex(fmt::format("three            {:<7} {:<7} 0    3         +[0-9]+\\.[0-9][0-9][0-9] {}/three {}",
                                 done.pid, getpid(), dir.path(), first)));
    // A failure ends nothing: its row comes at once.
    const Ended failed = in_child([&] {
        prctl(PR_SET_NAME, "caller");
        exec_now({.path = "/no/such/file", .argv = {"x", second}});
    });
    EXPECT_EQ(tool.line_with(second), fmt::format("{:<16} {:<7} {:<7} {:<4} {:<8} {:>10} /no/such/file {}", "caller",
                                                  failed.pid, getpid(), -ENOENT, "-", "-", second));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.lines()[0], header_with_exit());
}

TEST_F(Exits, ByExecutingAgain)
{
    ToolRun object{"execsnoop", json({"--exit"})}, text{"execsnoop", of_children({"--exit"})};
    const std::string mark = marker();

    // The shell becomes the program.
    const Ended done = run({.path = "/bin/sh", .argv = {"sh", "-c", "exec \"$1\" \"$2\"", "sh", program, mark}});
    EXPECT_EQ(done.status, 0);
    const auto of = [&](const char *comm) {
        return [=](const Json &row) { return row["comm"] == comm && row["pid"] == done.pid; };
    };
    const Json before = object.row_where(of("sh")), after = object.row_where(of("prog"));
    EXPECT_TRUE(before["duration_ns"].is_number());
    EXPECT_EQ(before["exit_code"], nullptr);
    EXPECT_EQ(before["signal"], nullptr);
    EXPECT_EQ(after["exit_code"], 0);
    EXPECT_EQ(before["ts_ns"].get<std::uint64_t>() + before["duration_ns"].get<std::uint64_t>(), after["ts_ns"]);
    EXPECT_THAT(text.line_where([](const std::string &line) { return line.starts_with("sh "); }),
                MatchesRegex("sh +[0-9]+ +[0-9]+ +0 +exec +[0-9]+\\.[0-9]+ /bin/sh -c .*"));
}

TEST_F(Exits, StillRunningAtTheEnd)
{
    ToolRun object{"execsnoop", json({"--exit"})}, text{"execsnoop", of_children({"--exit"})};
    // Attached last, so what it shows the others have seen.
    ToolRun begins{"execsnoop", of_children()};
    const std::string mark = marker();

    const Process process = waiting(mark);
    begins.line_with(mark);
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
    ASSERT_EQ(object.count_with(mark), 1u);
    for (const Json &row : object.rows())
        if (row["pid"] == process.pid()) {
            for (const char *key : {"duration_ns", "exit_code", "signal"})
                EXPECT_EQ(row[key], nullptr) << key;
        }
    EXPECT_THAT(text.out(), HasSubstr(fmt::format("{:<8} {:>10} {} {}\n", "-", "-", waits, mark)));
    EXPECT_EQ(expect_balance(object.err())["lost"], 0u);
}

// A process that outlives its parent: nobody of the test waits for it, the tool knows.
TEST_F(Exits, AnOrphan)
{
    ToolRun tool{"execsnoop", {"--exit", "-o", "json", "-n", "waits"}}, begins{"execsnoop", {"-n", "waits"}};
    const std::string mark = marker();
    const auto [pid_out, pid_in] = make_pipe();
    Gate executed;

    Process parent{[&] {
        const pid_t child = fork();
        if (child == 0)
            exec_now({.path = waits, .argv = {"waits", mark}});
        if (write(pid_in.get(), &child, sizeof(child)) != sizeof(child))
            _exit(1);
        executed.wait();
    }};
    pid_t orphan = -1;
    ASSERT_EQ(read(pid_out.get(), &orphan, sizeof(orphan)), static_cast<ssize_t>(sizeof(orphan)));
    ASSERT_GT(orphan, 0);
    begins.line_with(mark);
    executed.open();
    ASSERT_EQ(parent.wait().status, 0);
    kill(orphan, SIGUSR1);
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["pid"], orphan);
    EXPECT_EQ(row["ppid"], parent.pid()); // when it was executed
    EXPECT_EQ(row["signal"], "SIGUSR1");
}

// The first thread ends with 3, a second one after it: with 5, or all of them with 7.
const Load first_thread_ends_first{"first_thread_ends_first", [](const Args &args) {
                                       std::thread{[all = args.at(1) == "all"] {
                                           const std::string first = fmt::format("/proc/self/task/{}/stat", getpid());
                                           eventually(
                                               [&] { return read_file(first).find(") Z ") != std::string::npos; });
                                           syscall(all ? SYS_exit_group : SYS_exit, all ? 7 : 5);
                                       }}.detach();
                                       return static_cast<int>(syscall(SYS_exit, 3));
                                   }};

// What waitpid says, once, when the last thread has ended.
TEST_F(Exits, AfterItsFirstThread)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    for (const std::string how : {"one", "all"}) {
        const std::string mark = marker();
        const Ended done = run(first_thread_ends_first.exec({mark, how}));
        // The first one's code or, since 5.17, the last one's.
        EXPECT_THAT(done.status >> 8, how == "all" ? testing::AnyOf(7, 7) : testing::AnyOf(3, 5));
        EXPECT_EQ(tool.row_with(mark)["exit_code"], done.status >> 8);
    }
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.rows().size(), 2u);
}

TEST_F(Exits, OfACommandAndItsChildren)
{
    const std::string path = dir.program("nine", 9);
    ToolRun tool{"execsnoop", {"--exit", "-o", "json", "--", "/bin/sh", "-c", path + "; exit 4"}};

    EXPECT_EQ(tool.wait(), 0);
    std::map<std::string, Json> codes;
    for (const Json &row : tool.rows())
        codes[row["comm"]] = row["exit_code"];
    EXPECT_EQ(codes, (std::map<std::string, Json>{{"nine", 9}, {"sh", 4}}));
}

// ---- many records for one event ------------------------------------------------------

TEST_F(Execsnoop, ARecordingOfEventsInSeveralRecords)
{
    const Args large{"x", std::string(100'000, 'a'), "b", std::string(50'000, 'c')};

    for (const Args &format : {Args{"-o", "json"}, Args{"-t"}}) {
        const std::string file = dir.at("recording");
        Args live = of_children({"-x", "--exit", "--max-args-bytes", "1M", "--record", file});
        live.insert(live.end(), format.begin(), format.end());
        Args replay{"--exit", "--replay", file};
        replay.insert(replay.end(), format.begin(), format.end());

        ToolRun tool{"execsnoop", live};
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(run({.path = program, .argv = large}).status, 0);
            in_child([&] { _exit(exec_ve("/no/such/file", large)); });
        }
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(large[1]), 10u);
        const Outcome again = run_tool("execsnoop", replay);
        EXPECT_EQ(again.code, 0) << again.err;
        EXPECT_TRUE(again.out == tool.out()) << "the replay differs";
        EXPECT_EQ(books_of(again.err), books_of(tool.err()));
    }
}

// Where only a part of an event found room, the row says so; the accounting count all of it.
TEST_F(Execsnoop, UnderOverloadACutRowSaysSo)
{
    constexpr unsigned made = 200;
    const Args argv{"x", marker(), std::string(40'000, 'y')};
    ToolRun tool{"execsnoop", json({"--ring-size", ring_size(128 << 10), "--strict"})};

    const OneCpu one;
    tool.send(SIGSTOP);
    for (unsigned i = 0; i < made; i++)
        EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
    tool.send(SIGCONT);
    EXPECT_EQ(tool.stop(), 1);
    auto accounting = expect_balance(tool.err());
    EXPECT_GT(accounting["lost"], 0u);
    EXPECT_GT(accounting["printed"], 0u);
    EXPECT_EQ(accounting["printed"] + accounting["lost"], made) << tool.err();
    unsigned cut = 0, whole = 0;
    for (const Json &row : tool.rows()) {
        EXPECT_EQ(row["args_bytes"], bytes_of(argv));
        EXPECT_EQ(row["truncated"] == false, row["args"] == Json(argv));
        (row["truncated"] == true ? cut : whole)++;
    }
    EXPECT_EQ(cut + whole, accounting["printed"]);
    EXPECT_EQ(cut, accounting["truncated"]);
    EXPECT_GT(cut, 0u);
    EXPECT_GT(whole, 0u);
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Systems that lack something, and behaviour that differs between systems.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "hooks.hpp"

#include <gmock/gmock.h>

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sys/mount.h>
#include <sys/resource.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

namespace {

void without_tracefs()
{
    private_mounts();
    cover("/sys/kernel/debug");
    cover("/sys/kernel/tracing");
}

void without_btf()
{
    private_mounts();
    cover("/sys/kernel/btf");
}

// BTF with a task_struct that has none of the fields that a tool reads.
std::string poor_btf()
{
    btf *types = btf__new_empty();
    std::uint32_t size = 0;

    btf__add_int(types, "int", 4, BTF_INT_SIGNED);
    for (const char *name : {"task_struct", "linux_binprm", "mm_struct", "file", "path", "dentry"}) {
        btf__add_struct(types, name, 4);
        btf__add_field(types, "nothing", 1, 0, 0);
    }
    const void *data = btf__raw_data(types, &size);
    std::string bytes{static_cast<const char *>(data), size};
    btf__free(types);
    return bytes;
}

} // namespace

TEST_P(Contract, WorksWithoutTracefs)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}, {.in_child = without_tracefs}};

    happen(mark);
    EXPECT_EQ(tool.row_with(mark)["comm"], some_comm);
    EXPECT_EQ(tool.stop(), 0);
    // Without tracefs, a kernel with preemption may skip the remaining hooks for any call.
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["lost"], accounting["missed"]) << tool.err();
}

// Files are looked up before anything else by a tool whose hooks are in files: for it, the command line is wrong.
TEST_P(Contract, ExplainsMissingProc)
{
    const Outcome outcome = run_tool(name(), {"-d", "0.01"},
                                     {.in_child =
                                          [] {
                                              private_mounts();
                                              umount2("/proc", MNT_DETACH);
                                          },
                                      .kernels_btf = true});

    EXPECT_EQ(outcome.code, GetParam().is_by_perf ? 2 : 3);
    ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("; /proc is missing: run `sudo mount -t proc proc /proc`"));
}

// Whichever step runs out of descriptors.
TEST_P(Contract, ExplainsFewDescriptors)
{
    for (const rlim_t few : {5, 7, 9}) {
        const Outcome outcome = run_tool(name(), {}, {.in_child = [&] {
                                             const rlimit limit{few, few};
                                             setrlimit(RLIMIT_NOFILE, &limit);
                                         }});

        SCOPED_TRACE(few);
        EXPECT_THAT(outcome.code, testing::AnyOf(1, 2));
        ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("(EMFILE); raise the limit of `ulimit -n`"));
    }
}

TEST_P(Contract, ExplainsMissingBtf)
{
    expect_refusal(3, {}, {"/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF", "--btf"},
                   {.in_child = without_btf, .kernels_btf = true});
}

TEST_P(Contract, WorksWithBtfFile)
{
    SNOOP_NEEDS(btf);
    const std::string copy = dir.file("btf", read_file("/sys/kernel/btf/vmlinux"));
    const std::string mark = marker();

    for (const std::string &file : {std::string{"/sys/kernel/btf/vmlinux"}, copy}) {
        const bool alone = file == copy && !GetParam().needs;
        ToolRun tool{name(), {"--btf", file}, {.in_child = alone ? without_btf : Step{}}};
        happen(mark);
        tool.line_with(mark);
        EXPECT_EQ(tool.stop(), 0);
        expect_stderr(name(), tool.err());
    }
}

// Also where SNOOP_BTF spares the other tests the kernel's whole BTF.
TEST_P(Contract, WorksWithKernelBtf)
{
    SNOOP_NEEDS(btf);
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}, {.kernels_btf = true}};

    happen(mark);
    EXPECT_EQ(tool.row_with(mark)["event"], GetParam().event);
    EXPECT_EQ(tool.stop(), 0);
}

TEST_P(Contract, RejectsInvalidBtfFile)
{
    const std::string file = dir.file("garbage", "no BTF at all\n");

    expect_refusal(2, {"--btf", file}, {"--btf", file});
}

// The kernel's verifier rejects programs whose fields could not be found.
TEST_P(Contract, ReportsRejectedProgram)
{
    const std::string file = dir.file("btf", poor_btf());

    for (const char *verbosity : {"", "-v", "-vv"}) {
        SCOPED_TRACE(verbosity);
        std::vector<std::string> args{"--btf", file};
        if (*verbosity)
            args.emplace_back(verbosity);
        const Outcome outcome = run_tool(name(), args);
        const auto says = [&](const char *text) { return outcome.err.find(text) != std::string::npos; };
        const bool is_whole = verbosity == std::string{"-vv"};
        EXPECT_EQ(outcome.code, 1);
        EXPECT_EQ(outcome.lines().size(), 0u);
        EXPECT_EQ(says("BEGIN PROG LOAD LOG"), is_whole);
        EXPECT_TRUE(says("CO-RE relocation"));
        EXPECT_THAT(outcome.err_lines().back(), HasSubstr("cannot load the BPF programs"));
        // The verifier's last lines come without any option.
        const auto lines = outcome.err_lines();
        const auto is_verifiers = [&](const std::string &line) { return line.starts_with(name() + ": verifier: "); };
        EXPECT_EQ(std::ranges::any_of(lines, is_verifiers), !is_whole) << outcome.err;
        EXPECT_EQ(lines.back().find("-vv shows") != std::string::npos, !is_whole);
        if (!*verbosity) {
            EXPECT_LE(lines.size(), 6u) << outcome.err;
        }
    }
}

// All lines of -v, from the start to the accounting summary, fit on a small screen.
TEST_P(Contract, VerboseIsShort)
{
    const Outcome outcome = run_tool(name(), {"-v", "-d", "0.01"});

    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, Not(HasSubstr("libbpf: ")));
    EXPECT_LE(outcome.err_lines().size(), 12u) << outcome.err; // with the two that come without -v
    EXPECT_THAT(run_tool(name(), {"-vv", "-d", "0.01"}).err, HasSubstr("libbpf: "));
}

TEST_P(Contract, BothTransportsGiveTheSameRows)
{
    SNOOP_NEEDS(ring);
    SNOOP_NEEDS(perf);
    const std::string mark = marker();
    std::vector<Json> rows;

    for (const char *transport : {"ring", "perf"}) {
        ToolRun tool{name(), {"-o", "json", "--transport", transport}};
        happen(mark);
        Json row = tool.row_with(mark);
        for (const char *key : {"ts_ns", "time", "pid", "tid", "old_tid", "ns_pid", "exec_id"})
            row.erase(key);
        rows.push_back(row);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(expect_balance(tool.err())["lost"], 0u);
    }
    EXPECT_EQ(rows[0], rows[1]);
}

TEST_P(Contract, RingSizes)
{
    for (const char *size : {"4096", "64K", "8M"}) {
        const std::string mark = marker();
        ToolRun tool{name(), {"--ring-size", size, "-P", std::to_string(getpid())}};
        happen(mark);
        tool.line_with(mark);
        EXPECT_EQ(tool.stop(), 0);
    }
}

// While the tool is stopped, more events arrive than the ring holds. Its summary is exact: printed
// and lost add up to the events that were triggered, and --strict turns the loss into an error.
TEST_P(Contract, AccountingBalancesUnderOverload)
{
    constexpr unsigned made = 400;

    for (const bool strict : {true, false}) {
        const std::string mark = marker(), last = marker();
        std::vector<std::string> args{"--ring-size", "4096", "-P", std::to_string(getpid())};
        if (strict)
            args.push_back("--strict");
        ToolRun tool{name(), args};

        const OneCpu one; // one perf buffer per CPU
        tool.send(SIGSTOP);
        for (unsigned i = 0; i < made; i++)
            happen(mark);
        tool.send(SIGCONT);
        EXPECT_EQ(tool.stop(), strict ? 1 : 0);
        auto accounting = expect_balance(tool.err());
        EXPECT_GT(accounting["lost"], 0u);
        EXPECT_GT(accounting["printed"], 0u);
        EXPECT_EQ(accounting["printed"], tool.count_with(mark));
        EXPECT_EQ(accounting["printed"] + accounting["lost"], made) << tool.err();
        EXPECT_THAT(tool.err(), HasSubstr(fmt::format("; lost, ring full: {}", accounting["lost"])));
    }
}

TEST_P(Contract, StrictWithoutLossIsSuccess)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"--strict"}};

    happen(mark);
    tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
}

} // namespace snoop::test

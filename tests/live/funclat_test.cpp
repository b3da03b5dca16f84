// SPDX-License-Identifier: BSD-2-Clause
// funclat on this kernel: what it refuses, and why.
#include "funclat/funclat.hpp"

#include <fmt/format.h>
#include <set>
#include <sstream>
#include <string>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expect_refusal(const Args &args, int code, const std::string &text)
{
    const Outcome refused = run_tool("funclat", args);

    EXPECT_EQ(refused.code, code) << refused.err;
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err_lines(), ElementsAre(HasSubstr(text)));
}

TEST_F(Funclat, RefusesUnknownFunction)
{
    const std::string self = Load::self();

    expect_refusal({}, 2, "missing FUNCTION");
    expect_refusal({"vfs_raed"}, 2,
                   "this kernel has no function 'vfs_raed', or only inlined copies of it; did you mean vfs_read");
    expect_refusal({"no_such_thing_*"}, 2, "'no_such_thing_*' matches no function of this kernel");
    expect_refusal({self}, 2, "a function of a program is BINARY:FUNCTION");
    expect_refusal({self + ":"}, 2, "is not of the form BINARY:FUNCTION");
    expect_refusal({self + ":snoop_quikc"}, 2, "has no function 'snoop_quikc'; did you mean snoop_quick?");
    expect_refusal({self + ":no_such_*"}, 2, "'no_such_*' matches no function in");
    expect_refusal({self + ":getppid"}, 2, "name the library instead");
    expect_refusal({self + ":0x1"}, 2, "has no code at offset 0x1");
    expect_refusal({"/no/such/file:main"}, 2, "cannot read '/no/such/file'");
    expect_refusal({"no-such-program:main"}, 2, "'no-such-program' is neither on the PATH");
    expect_refusal({"/proc/self/status:main"}, 2, "is not an ELF executable or library");
    expect_refusal({"libc.so.6:strlen"}, 3, "when a program starts (IFUNC)");
    expect_refusal({"-p", "4194304", "libc.so.6:malloc"}, 2, "no process 4194304");
}

TEST_F(Funclat, RefusesConflictingOptions)
{
    expect_refusal({"-u", "-m", "vfs_read"}, 2, "-u cannot be combined with -m");
    expect_refusal({"--probe", "uprobe", "vfs_read"}, 2, "is a kernel function");
    expect_refusal({"--probe", "kprobe", own("snoop_quick")}, 2, "only uprobe and uretprobe can trace it");
    expect_refusal({"--probe", "fentry", "vfs_*"}, 2, "is a pattern");
    expect_refusal({"--probe", "fentry", "vfs_read", "vfs_write"}, 2, "takes one function");
    expect_refusal({"--probe", "kprobe", "vfs_read", own("snoop_quick")}, 2, "only uprobe and uretprobe can trace it");
    expect_refusal({"--probe", "uretprobe", "vfs_read"}, 2, "is a kernel function");
    expect_refusal({"--probe", "uretprobe", "libc.so.6:_setjmp"}, 2, "returns twice");
    expect_refusal({"-i", "0", "vfs_read"}, 2, "--interval");
}

TEST_F(KernelFunctionTest, RefusesUntraceableFunction)
{
    SNOOP_NEEDS(kprobe);
    std::istringstream blacklist{read_file("/sys/kernel/debug/kprobes/blacklist")};
    std::set<std::string> forbidden;
    for (std::string line; std::getline(blacklist, line);)
        forbidden.insert(line.substr(line.find('\t') + 1));
    // A name that belongs to exactly one function.
    for (const auto &name : forbidden)
        if (function_of({name}) == name) {
            expect_refusal({"--probe", "kprobe", name}, 3, fmt::format("'{}' cannot be traced: ", name));
            return;
        }
    FAIL() << "no function in the list of those that no kprobe may be on";
}

TEST_F(Funclat, NamesMissingFeature)
{
    if (lacks(Hook::kprobe) && lacks(Hook::fentry))
        expect_refusal({"vfs_read"}, 3, "functions of this kernel cannot be traced: ");
    else
        EXPECT_EQ(run_tool("funclat", {"-d", "0.01", "vfs_read"}).code, 0);
    if (lacks(Hook::kprobe))
        expect_refusal({"--probe", "kprobe", "vfs_read"}, 3, "it has no kprobes (CONFIG_KPROBES)");
}

} // namespace
} // namespace snoop::test

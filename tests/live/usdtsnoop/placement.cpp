// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: in which processes breakpoints are placed, and that they are gone afterwards.
#include "accounting.hpp"
#include "attach/trace_event.hpp"
#include "kernel/system.hpp"
#include "usdtsnoop/guarded.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// The trace events that tools have defined.
std::vector<std::string> definitions()
{
    std::vector<std::string> lines;
    for (const std::string &line : split_lines(read_file(*kernel::tracefs() + "/uprobe_events")))
        if (line.starts_with("p:snoop_"))
            lines.push_back(line);
    return lines;
}

class UsdtPlacement : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // The instruction at the probe, as the process has it in its memory.
    [[nodiscard]] std::uint32_t instruction(pid_t pid) const
    {
        std::uint32_t bytes = 0;
        const Fd memory{open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDONLY | O_CLOEXEC)};
        const Json listed = parse_json(run_tool("usdtsnoop", {"-o", "json", "--list", path}).out);
        const auto location = std::stoull(listed["location"].get<std::string>(), nullptr, 16);
        const std::size_t size = probe_bytes;
        if (pread(memory.get(), &bytes, size, static_cast<off_t>(location)) != static_cast<ssize_t>(size))
            throw std::runtime_error("cannot read the memory of the program");
        return bytes;
    }

#if defined(__x86_64__)
    static constexpr std::size_t probe_bytes = 1;
#else
    static constexpr std::size_t probe_bytes = 4;
#endif
    TempDir dir;
    const std::string path = target(dir, "usdt_guarded_fixed"); // loaded at the addresses of its file
    const std::string probe = path + ":snooptest:guarded";
};

// Each program of the command is a descendant that executes one; they end one after the other.
TEST_F(UsdtPlacement, OnlyInTheCommandAndItsDescendants)
{
    SNOOP_NEEDS(tracefs);
    const Guarded bystander{path};
    ASSERT_EQ(bystander.looking(), 0);
    const std::uint32_t untouched = instruction(bystander.pid());
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::string script = "hit() { echo | \"$0\" > /dev/null; }; hit; (hit; (hit)); cat \"$1\"; hit";
    ToolRun tool{"usdtsnoop", {"-v", "-o", "json", probe, "--", "sh", "-c", script, path, fifo}};

    tool.row_where([n = 0](const Json &) mutable { return ++n == 3; });
    EXPECT_EQ(bystander.looking(), 0);
    EXPECT_EQ(instruction(bystander.pid()), untouched);
    const Guarded later{path};
    EXPECT_EQ(later.looking(), 0);
    EXPECT_EQ(instruction(later.pid()), untouched);
    static_cast<void>(Fd{open(fifo.c_str(), O_WRONLY | O_CLOEXEC)});
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.rows(), SizeIs(4)) << tool.err();
    EXPECT_THAT(tool.err(), HasSubstr("the probes are in the command and its descendants alone"));
    EXPECT_THAT(tool.err(), Not(HasSubstr("slow every process")));
    const auto counts = expect_balance(tool.err());
    EXPECT_EQ(counts.at("seen"), 4u);
    EXPECT_THAT(definitions(), ElementsAre());
}

TEST_F(UsdtPlacement, OnlyInTheProcessOfPid)
{
    const Guarded one{path}, bystander{path};
    ASSERT_EQ(one.looking(), 0);
    ASSERT_EQ(bystander.looking(), 0);
    const std::uint32_t untouched = instruction(bystander.pid());
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(one.pid()), probe}};

    EXPECT_NE(instruction(one.pid()), untouched);
    EXPECT_EQ(instruction(bystander.pid()), untouched);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(instruction(one.pid()), untouched);
}

// Other filters are applied by the program.
TEST_F(UsdtPlacement, SaysWhoPaysElsewhere)
{
    const Guarded bystander{path};
    ASSERT_EQ(bystander.looking(), 0);
    const std::uint32_t untouched = instruction(bystander.pid());
    ToolRun tool{"usdtsnoop", {"--uid", "nobody", probe}};

    EXPECT_NE(instruction(bystander.pid()), untouched);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("the probes slow every process that maps " + path + "\n"));
}

// Without tracefs the command's programs are not told from others.
TEST_F(UsdtPlacement, WithoutTracefs)
{
    SNOOP_NEEDS(tracefs);
    const Guarded bystander{path};
    const Start start{.in_child = [] {
        private_mounts();
        cover("/sys/kernel/tracing", "size=4k");
        cover("/sys/kernel/debug", "size=4k");
    }};
    ToolRun tool{"usdtsnoop", {"-o", "json", probe, "--", "sh", "-c", "echo | \"$0\" > /dev/null", path}, start};

    EXPECT_EQ(bystander.looking(), 1);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.rows(), SizeIs(1)) << tool.err();
    EXPECT_THAT(tool.err(), HasSubstr("the probes slow every process that maps " + path + "\n"));
}

TEST_F(UsdtPlacement, RemovesWhatAKilledToolLeft)
{
    SNOOP_NEEDS(tracefs);
    ToolRun killed{"usdtsnoop", {probe, "--", "sleep", "1000"}};

    EXPECT_EQ(killed.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_THAT(definitions(), SizeIs(1));
    ToolRun tool{"usdtsnoop", {probe, "--", "sleep", "1000"}};
    EXPECT_THAT(definitions(), ElementsAre(HasSubstr(fmt::format("_{}_", tool.pid()))));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(definitions(), ElementsAre());
}

} // namespace
} // namespace snoop::test

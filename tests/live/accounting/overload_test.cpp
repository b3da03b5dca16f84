// SPDX-License-Identifier: BSD-2-Clause
// Overloads every tool, with each of its hooks and transports. Its accounting must match exactly what
// the load did.
#include "accounting.hpp"
#include "event_flood.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"

#include "kernel/features.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <ostream>

namespace snoop::test {
namespace {

using Args = std::vector<std::string>;

struct Case {
    std::string tool, transport, probe; // "" where the tool has none
};
void PrintTo(const Case &one, std::ostream *out) { *out << one.tool << ' ' << one.transport << ' ' << one.probe; }

std::vector<Case> cases()
{
    std::vector<Case> all{{"execcount", "", "tracepoint"}, {"execcount", "", "raw_tp"}};

    for (const char *transport : {"ring", "perf"}) {
        for (const char *probe : {"fentry", "kprobe", "tracepoint", "raw_tp"})
            for (const char *tool : {"opensnoop", "opencount"})
                all.push_back({tool, transport, probe});
        for (const char *probe : {"tracepoint", "raw_tp"})
            all.push_back({"execsnoop", transport, probe});
    }
    return all;
}

class Overload : public testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        const auto &[tool, transport, probe] = GetParam();
        if (transport == "ring") {
            SNOOP_NEEDS(ring);
        }
        if (probe == "fentry") {
            SNOOP_NEEDS(fentry);
        } else if (probe == "kprobe") {
            SNOOP_NEEDS(kprobe);
        } else if (probe == "tracepoint") {
            SNOOP_NEEDS(tracefs);
        }
    }

    [[nodiscard]] bool opens() const { return GetParam().tool.starts_with("open"); }
    [[nodiscard]] bool counts() const { return GetParam().tool.ends_with("count"); }

    // The kind and the number of events to make.
    [[nodiscard]] Event event() const
    {
        if (opens())
            return opens_of(dir.at("nothing"));
        // Both that the tool takes by different programs.
        return [good = execs_of(program), bad = failing_execs_of(dir.at("nothing"))] {
            good();
            bad();
        };
    }
    [[nodiscard]] std::uint64_t events() const { return opens() ? 4000 : 100; }
    [[nodiscard]] std::uint64_t in(std::uint64_t made) const { return opens() ? made : 2 * made; }

    [[nodiscard]] Args args() const
    {
        const auto &[tool, transport, probe] = GetParam();
        Args all{"-n", flooder, "--probe", probe};
        if (!opens())
            all.insert(all.end(), {"-n", "flooded", "-x"});
        if (counts())
            all.insert(all.end(), {"-i", "1000"});
        if (transport.empty())
            all.insert(all.end(), {"--by", "ret"});
        else
            all.insert(all.end(), {"--ring-size", "4096", "--transport", transport});
        return all;
    }

    // A kernel with preemption skips such programs, and counts that for every system call.
    [[nodiscard]] bool may_say_too_much() const
    {
        const std::string &probe = GetParam().probe;
        return kernel::may_preempt_programs() && (probe == "raw_tp" || probe == "fentry");
    }

    TempDir dir;
    const std::string program = dir.program("flooded");
};

std::string name_of_case(const testing::TestParamInfo<Case> &info)
{
    const auto &[tool, transport, probe] = info.param;
    return fmt::format("{}{}_{}", tool, transport.empty() ? "" : "_" + transport, probe);
}

INSTANTIATE_TEST_SUITE_P(, Overload, testing::ValuesIn(cases()), name_of_case);

// Loads all CPUs at once. Meanwhile the tool is stopped and continued.
TEST_P(Overload, TheSumIsExact)
{
    ToolRun tool{GetParam().tool, args()};
    EventFlood flood{event()};

    flood.wait_for(events());
    tool.send(SIGSTOP);
    flood.wait_for(events() / 2);
    tool.send(SIGCONT);
    flood.wait_for(events() / 2);
    const std::uint64_t made = in(flood.stop());
    EXPECT_EQ(tool.stop(), 0);

    auto accounting = expect_balance(tool.err());
    const std::uint64_t said = accounting["printed"] + accounting["counted"] + accounting["lost"];
    if (may_say_too_much() && accounting["missed"] > 0) {
        EXPECT_GE(said, made) << tool.err();
    } else {
        EXPECT_EQ(said, made) << tool.err();
    }
    if (!counts()) {
        EXPECT_GT(accounting["ring_full"], 0u);
        EXPECT_GT(accounting["printed"], 0u);
        EXPECT_EQ(accounting["lost"], accounting["ring_full"] + accounting["missed"]) << tool.err();
        EXPECT_EQ(tool.lines().size(), accounting["printed"] + 1); // its header
    }
}

// That it is large enough, the soak shows: an emulated machine keeps no pace.
TEST(DefaultRing, VerbosePrintsSizeAndReason)
{
    for (const auto &[transport, says] :
         {std::pair{"ring", "transport: ring buffer, [0-9]+ KiB .[0-9]+ CPUs, [0-9]+ MiB of memory"},
          std::pair{"perf", "transport: perf buffers .--transport perf., [0-9]+ KiB per CPU .[0-9]+ CPUs"}}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
        ToolRun tool{"opensnoop", {"-v", "--transport", transport}};
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(tool.err(), testing::ContainsRegex(says));
    }
}

} // namespace
} // namespace snoop::test

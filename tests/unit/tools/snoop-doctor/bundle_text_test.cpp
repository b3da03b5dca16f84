// SPDX-License-Identifier: BSD-2-Clause
// The text of a bundle.
#include "snoop-doctor/bundle_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace snoop {
namespace {

// As nlohmann::json prints it.
TEST(BundleText, IsIndented)
{
    for (const std::string json : {R"({"a":1,"b":[true,null,"x"],"c":{"d":{}}})", R"([])", R"({})",
                                   R"([[],{},[{}],""])", R"("a")", R"({"quotes":"\"{[,:]}\\","end":"\\\""})"})
        EXPECT_EQ(indented(json), nlohmann::ordered_json::parse(json).dump(2));
}

TEST(CondensedLog, LeavesOutRelocations)
{
    const std::vector<std::string> matters{"execsnoop: attach: raw_tp",
                                           "libbpf: prog 'on_exec': BPF program load failed: Permission denied",
                                           "libbpf: prog 'on_exec': -- BEGIN PROG LOAD LOG --",
                                           "0: (79) r6 = *(u64 *)(r1 +0)",
                                           "libbpf: map 'events': failed to create: Invalid argument(-22)",
                                           "libbpf: failed to load object 'execsnoop_bpf'"};
    std::vector<std::string> all{"libbpf: sec '.relraw_tp/sched_process_exec': relo #0: insn #3 against 'config'",
                                 "libbpf: prog 'on_exec': relo #4: patched insn #9 (ALU/ALU64) imm 16 -> 24",
                                 "libbpf: prog 'on_exec': found data map 3 (execsnoo.bss, sec 12, off 0) for insn 7",
                                 "libbpf: map 3 is \"execsnoo.bss\"",
                                 "libbpf: map 'events': created successfully, fd=5",
                                 "libbpf: prog 'on_fork': skipped loading"};

    all.insert(all.begin() + 2, matters.begin(), matters.end());
    EXPECT_EQ(condensed_log(all), matters);
}

TEST(CondensedLog, CutsTheMiddle)
{
    std::vector<std::string> lines;

    for (int i = 0; i < 400; i++)
        lines.push_back(std::to_string(i));
    EXPECT_EQ(condensed_log(lines), lines);
    for (int i = 400; i < 1000; i++)
        lines.push_back(std::to_string(i));
    const std::vector<std::string> cut = condensed_log(lines);
    ASSERT_EQ(cut.size(), 401u);
    EXPECT_EQ(cut.front(), "0");
    EXPECT_EQ(cut[199], "199");
    EXPECT_EQ(cut[200], "(600 lines left out)");
    EXPECT_EQ(cut[201], "800");
    EXPECT_EQ(cut.back(), "999");
}

} // namespace
} // namespace snoop

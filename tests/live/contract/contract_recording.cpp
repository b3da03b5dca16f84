// SPDX-License-Identifier: BSD-2-Clause
// --record and --replay.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A replay prints the same bytes as the live run, in each format.
TEST_P(Contract, ReplayEqualsLiveOutput)
{
    for (const std::vector<std::string> &format :
         {std::vector<std::string>{"-T", "-t", "-U"}, std::vector<std::string>{"-o", "json"}}) {
        const std::string mark = marker(), file = dir.at("recording");
        auto live = format, replay = format;
        live.insert(live.end(), {"--record", file});
        replay.insert(replay.end(), {"--replay", file});

        ToolRun tool{name(), live};
        for (int i = 0; i < 20; i++)
            happen(
                mark, i % 2 ? Step{} : [] { become(1000, 1000); });
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(mark), 20u);

        // As an unprivileged user, of a file that belongs to root.
        std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
        const Outcome again =
            run_tool(name(), replay, {.in_child = [] { become(65534, 65534); }, .program = copy_of_tool()});
        EXPECT_EQ(again.code, 0) << again.err;
        EXPECT_EQ(again.out, tool.out());
        EXPECT_EQ(accounting_of(again.err), accounting_of(tool.err()));
    }
}

TEST_P(Contract, ReplayWithFilters)
{
    const std::string root = marker(), user = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"--record", file}};
    happen(root, {}, "hammer");
    happen(user, [] { become(1000, 1000); });
    EXPECT_EQ(tool.stop(), 0);

    for (const auto &args : {std::vector<std::string>{"-u", "1000"}, std::vector<std::string>{"-n", some_comm}}) {
        auto replay = args;
        replay.insert(replay.end(), {"--replay", file});
        const Outcome again = run_tool(name(), replay);
        EXPECT_EQ(again.code, 0);
        EXPECT_THAT(again.out, HasSubstr(user));
        EXPECT_THAT(again.out, Not(HasSubstr(root)));
    }
}

// A killed tool leaves a file that replays up to its end, and the replay says that it is cut.
TEST_P(Contract, RecordingSurvivesKill)
{
    const std::string mark = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"--record", file}};
    happen(mark);
    tool.line_with(mark);
    // Rows are flushed before records are: the next drain's row says that these are written.
    const std::string next = marker();
    happen(next);
    tool.line_with(next);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);

    const Outcome again = run_tool(name(), {"--replay", file});
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.out, HasSubstr(mark));
    EXPECT_THAT(again.err_lines().back(), HasSubstr("ends without its closing record"));
}

// The file keeps its whole records, and the tool says how many.
TEST_P(Contract, FullDiskDuringRecording)
{
    const std::string disk = dir.folder("disk"), file = disk + "/recording", mark = marker();
    private_mounts();
    const TmpFs small{disk, "size=16k"};
    ToolRun tool{name(), {"--record", file, "-P", std::to_string(getpid())}};

    // Every event is at least a header and the identity: 24 + 64 bytes.
    for (int i = 0; i < 16 * 1024 / 88 + 1; i++)
        happen(mark);
    EXPECT_EQ(tool.wait(), 1);
    std::string said;
    for (const auto &line : tool.err_lines())
        if (line.find("--record: ") != std::string::npos)
            said += line;
    EXPECT_THAT(said, HasSubstr(fmt::format("--record: cannot write '{}': No space left", file)));
    EXPECT_GT(expect_balance(tool.err())["unrecorded"], 0u);

    const Outcome again = run_tool(name(), {"--replay", file});
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.err_lines().back(), HasSubstr("ends without its closing record"));
    std::size_t rows = 0;
    for (const auto &line : again.lines())
        rows += line.find(mark) != std::string::npos;
    EXPECT_GT(rows, 0u);
    EXPECT_THAT(said, HasSubstr(fmt::format("it holds {} whole records", rows)));
}

TEST_P(Contract, RejectsOtherFilesAsRecording)
{
    expect_refusal(2, {"--replay", dir.file("text", std::string(1000, 'x'))}, {"--replay", "not a recording"});
    expect_refusal(2, {"--replay", dir.file("short", "snooprec")}, {"--replay", "not a recording"});
}

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// The copies of tests/targets/inlined.cpp, a program with debug information.
#include "fixtures.hpp"
#include "unit/random.hpp"
#include "unit/run.hpp"

#include "base/error.hpp"
#include "funclat/function_target.hpp"
#include "funclat/inlined_copies.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <utility>

namespace snoop::funclat {
namespace {

using testing::HasSubstr;
using Counts = std::map<std::string, std::uint64_t>;

class InlinedCopiesTest : public testing::Test {
protected:
    // The copies that a program has of what `text` names.
    static Counts copies(const std::string &text, const std::string &program = tool_path("inlined"))
    {
        const InlinedCopies found = count_inlined_copies(program, text, program);
        EXPECT_EQ(found.unknown, "");
        return found.counts;
    }
    [[nodiscard]] int shell(const std::string &command) const
    {
        return std::system(("cd " + dir_.path() + " && " + command).c_str());
    }

    const test::TempDir dir_;
};

TEST_F(InlinedCopiesTest, BySymbol)
{
    EXPECT_EQ(copies("inlined_too"), (Counts{{"inlined_too", 3}}));
    EXPECT_EQ(copies("inlined_too@VERSION"), (Counts{{"inlined_too", 3}}));
    EXPECT_EQ(copies("_ZN13inlined_names1S3runEi"), (Counts{{"_ZN13inlined_names1S3runEi", 2}}));
    for (const char *other : {"inlined_caller", "inlined_to", "run", "_ZN13inlined_names1S3runEc"})
        EXPECT_EQ(copies(other), Counts{}) << other;
}

TEST_F(InlinedCopiesTest, ByTheNameAsWritten)
{
    EXPECT_EQ(copies("inlined_names::S::run"),
              (Counts{{"inlined_names::S::run(int)", 2}, {"inlined_names::S::run(long)", 1}}));
    EXPECT_EQ(copies("inlined_names::S::run(long)"), (Counts{{"inlined_names::S::run(long)", 1}}));
}

// Compilers differ in whether DWARF has the name of its symbol.
TEST_F(InlinedCopiesTest, OfAStaticFunction)
{
    for (const char *name : {"inlined_names::hidden", "inlined_names::hidden(int)"})
        EXPECT_EQ(count_inlined_copies(tool_path("inlined"), name, {}).total(), 2u) << name;
    for (const char *other : {"hidden", "names::hidden", "other::hidden"})
        EXPECT_EQ(copies(other), Counts{}) << other;
}

TEST_F(InlinedCopiesTest, FromCompressedDebugInformation)
{
    ASSERT_EQ(shell("objcopy --compress-debug-sections=zlib " + tool_path("inlined") + " compressed"), 0);
    EXPECT_EQ(copies("inlined_too", dir_.at("compressed")), (Counts{{"inlined_too", 3}}));
}

TEST_F(InlinedCopiesTest, FromTheDebugFile)
{
    ASSERT_EQ(shell("objcopy --only-keep-debug " + tool_path("inlined") + " whole.debug"), 0);
    ASSERT_EQ(shell("objcopy -S --add-gnu-debuglink=whole.debug " + tool_path("inlined") + " stripped"), 0);
    EXPECT_EQ(copies("inlined_too", dir_.at("stripped")), (Counts{{"inlined_too", 3}}));

    ASSERT_EQ(shell("rm whole.debug"), 0);
    const InlinedCopies none = count_inlined_copies(dir_.at("stripped"), "inlined_too", "stripped");
    EXPECT_EQ(none.unknown, "it has no debug information");
    EXPECT_EQ(none.total(), 0u);
}

// libdw would open whatever file the section names.
TEST_F(InlinedCopiesTest, FollowsNoLinkOfTheFile)
{
    ASSERT_EQ(shell("mkfifo fifo && printf 'fifo\\0build-id' > link && objcopy --add-section .gnu_debugaltlink=link " +
                    tool_path("inlined") + " linked"),
              0);
    EXPECT_THAT(count_inlined_copies(dir_.at("linked"), "inlined_too", {}).unknown, HasSubstr("(dwz)"));
}

// Whatever the bytes are, the search ends.
TEST_F(InlinedCopiesTest, OfADamagedFile)
{
    ASSERT_EQ(shell("objcopy -O binary --only-section .debug_info --set-section-flags .debug_info=alloc " +
                    tool_path("inlined") + " info"),
              0);
    std::string info = test::read_file(dir_.at("info"));
    ASSERT_FALSE(info.empty());
    RandomBytes random{1};
    for (int i = 0; i < 50; i++) {
        for (int bytes = 0; bytes < 8; bytes++)
            info[random.below(info.size())] = random.number<char>();
        dir_.file("info", info);
        ASSERT_EQ(shell("objcopy --update-section .debug_info=info " + tool_path("inlined") + " damaged"), 0);
        EXPECT_LE(count_inlined_copies(dir_.at("damaged"), "inlined_too", {}).total(), 1000u);
    }
}

TEST_F(InlinedCopiesTest, AreToldOfEachFunction)
{
    const FunctionTarget one = find_functions(tool_path("inlined") + ":inlined_too", {});
    EXPECT_THAT(one.notices, testing::ElementsAre("3 inlined copies of 'inlined_too' are not seen"));
    EXPECT_THAT(one.inlined, testing::ElementsAre(3u));

    const FunctionTarget both = find_functions(tool_path("inlined") + ":inlined_names::S::run", {});
    EXPECT_THAT(both.notices, testing::ElementsAre("2 inlined copies of 'inlined_names::S::run(int)' are not seen",
                                                   "one inlined copy of 'inlined_names::S::run(long)' is not seen"));
    EXPECT_THAT(both.inlined, testing::ElementsAre(2u, 1u));

    const FunctionTarget none = find_functions(tool_path("inlined") + ":inlined_caller", {});
    EXPECT_THAT(none.notices, testing::IsEmpty());
    EXPECT_THAT(none.inlined, testing::ElementsAre(0u));

    const FunctionTarget pattern = find_functions(tool_path("inlined") + ":inlined_t*", {});
    EXPECT_THAT(pattern.notices, testing::IsEmpty());
    EXPECT_THAT(pattern.inlined, testing::ElementsAre(std::nullopt));
}

TEST_F(InlinedCopiesTest, AreAllThatThereIs)
{
    const auto refusal = [](const std::string &name) -> std::pair<int, std::string> {
        try {
            find_functions(tool_path("inlined") + ":" + name, {});
        } catch (const Error &error) {
            return {error.code(), error.what()};
        }
        return {};
    };

    EXPECT_THAT(refusal("inlined_names::hidden"),
                testing::Pair(exit_lacks, HasSubstr("has no function 'inlined_names::hidden': it is inlined in 2 "
                                                    "places, where no probe sees it")));
    EXPECT_THAT(refusal("inlined_names::hidde"), testing::Pair(exit_usage, testing::Not(HasSubstr("inlined in"))));
}

} // namespace
} // namespace snoop::funclat

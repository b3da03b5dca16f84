// SPDX-License-Identifier: BSD-2-Clause
// A flight recorder holds the last bytes, by size and by age, in whole items.
#include "base/kept_blocks.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace snoop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const KeptBlocks::Time start{};

struct Taken {
    std::string bytes;
    std::uint64_t items = 0;
};

Taken taken(KeptBlocks &kept, KeptBlocks::Time now = start)
{
    Taken all;
    kept.take(now, [&](std::string_view bytes, std::uint64_t items) {
        all.bytes += bytes;
        all.items += items;
    });
    return all;
}

TEST(KeptBlocks, GivesAllOnce)
{
    KeptBlocks kept{{.bytes = 1 << 20, .age = std::nullopt}};

    kept.add("one\ntwo\n", 2, start);
    kept.add("three\n", 1, start);
    const Taken all = taken(kept);
    EXPECT_EQ(all.bytes, "one\ntwo\nthree\n");
    EXPECT_EQ(all.items, 3u);
    EXPECT_EQ(taken(kept).items, 0u);
    kept.add("four\n", 1, start);
    EXPECT_EQ(taken(kept).bytes, "four\n");
}

TEST(KeptBlocks, ForgetsTheOldestBeyondTheSize)
{
    constexpr std::size_t limit = 64 << 10;
    KeptBlocks kept{{.bytes = limit, .age = std::nullopt}};
    std::string written;

    for (int i = 0; i < 20'000; i++) {
        const std::string line = fmt::format("line {}\n", i);
        kept.add(line, 1, start);
        written += line;
    }
    const Taken all = taken(kept);
    EXPECT_LE(all.bytes.size(), limit);
    EXPECT_GT(all.bytes.size(), limit - limit / 32);  // what is forgotten at a time
    EXPECT_TRUE(written.ends_with("\n" + all.bytes)); // whole lines, the last ones
    EXPECT_EQ(all.items, static_cast<std::uint64_t>(std::count(all.bytes.begin(), all.bytes.end(), '\n')));
}

TEST(KeptBlocks, ForgetsTheOld)
{
    KeptBlocks kept{{.bytes = 1 << 20, .age = seconds{60}}};

    for (int second = 0; second < 100; second++)
        kept.add(fmt::format("{} ", second), 1, start + seconds{second});
    const std::string bytes = taken(kept, start + milliseconds{100'500}).bytes;
    EXPECT_TRUE(bytes.starts_with("41 ") || bytes.starts_with("40 ")) << bytes;
    EXPECT_TRUE(bytes.ends_with(" 99 "));
    kept.add("old", 1, start + seconds{101});
    EXPECT_EQ(taken(kept, start + seconds{200}).items, 0u);
}

// The last item is held, whatever its size.
TEST(KeptBlocks, OneThatIsLargerThanTheSize)
{
    KeptBlocks kept{{.bytes = 64 << 10, .age = std::nullopt}};

    kept.add("small", 1, start);
    kept.add(std::string(65 << 10, 'x'), 1, start);
    const Taken all = taken(kept);
    EXPECT_EQ(all.items, 1u);
    EXPECT_EQ(all.bytes.size(), std::size_t{65 << 10});
    kept.add(std::string(65 << 10, 'x'), 1, start);
    kept.add("small", 1, start);
    EXPECT_EQ(taken(kept).bytes, "small");
}

} // namespace
} // namespace snoop

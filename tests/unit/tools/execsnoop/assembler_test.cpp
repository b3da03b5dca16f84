// SPDX-License-Identifier: BSD-2-Clause
// Assembles events that are longer than a record.
#include "execsnoop/assembler.hpp"

#include "unit/records.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace snoop;
using namespace snoop::execsnoop;
using namespace std::string_literals;

class AssemblerTest : public testing::Test {
protected:
    // A record of event (ts, tid) that holds its own header alone.
    void first(std::uint64_t ts, std::uint32_t tid, unsigned flags)
    {
        const snoop_record rec = record(ts, tid, flags);
        assembler_.first(rec, bytes_of(rec));
    }
    void next(std::uint64_t ts, std::uint32_t tid, unsigned flags, std::string_view bytes)
    {
        assembler_.next(record(ts, tid, flags), std::as_bytes(std::span{bytes}));
    }
    // The events that came out since the last call: "ts/tid flags tail".
    std::vector<std::string> done() { return std::exchange(done_, {}); }

    std::vector<std::string> done_;
    Assembler assembler_{[this](const Assembled &event) {
        snoop_record rec{};
        ASSERT_EQ(event.head.size(), sizeof(rec));
        std::memcpy(&rec, event.head.data(), sizeof(rec));
        done_.push_back(fmt::format("{}/{} {:x} {}", rec.ts_ns, rec.tid, event.flags, event.tail));
    }};

private:
    static snoop_record record(std::uint64_t ts, std::uint32_t tid, unsigned flags)
    {
        return {.size = sizeof(snoop_record),
                .kind = 1,
                .flags = static_cast<std::uint16_t>(flags),
                .ts_ns = ts,
                .tid = tid,
                .cpu = 0};
    }
};

constexpr unsigned more = SNOOP_FLAG_MORE, own = SNOOP_FLAG_OWN, cut = SNOOP_FLAG_TRUNCATED, fault = SNOOP_FLAG_FAULTED;
using Lines = std::vector<std::string>;

TEST_F(AssemblerTest, SingleRecordEvent)
{
    first(5, 1, own);
    EXPECT_EQ(done(), Lines{"5/1 100 "});
    EXPECT_FALSE(assembler_.expire());
}

TEST_F(AssemblerTest, CombinesFlagsExceptMore)
{
    first(5, 1, more | own);
    next(5, 1, more, "ab");
    EXPECT_TRUE(done().empty());
    next(5, 1, fault, "c");
    EXPECT_EQ(done(), Lines{"5/1 104 abc"});
    EXPECT_FALSE(assembler_.expire());
}

TEST_F(AssemblerTest, TimeAndThreadIdentifyAnEvent)
{
    first(5, 1, more);
    first(5, 2, more);
    first(6, 3, more);
    next(6, 3, 0, "c");
    next(5, 2, 0, "b");
    next(5, 1, 0, "a");
    EXPECT_EQ(done(), (Lines{"6/3 0 c", "5/2 0 b", "5/1 0 a"}));
}

TEST_F(AssemblerTest, LaterEventOfThreadCompletesEarlierOne)
{
    first(5, 1, more);
    first(5, 2, more);
    next(5, 1, more, "a");
    first(6, 1, 0);
    EXPECT_EQ(done(), (Lines{"5/1 2 a", "6/1 0 "}));
    next(5, 1, 0, "b"); // too late
    assembler_.give_up_before(5, 2);
    EXPECT_EQ(done(), Lines{});
    assembler_.give_up_before(6, 2);
    EXPECT_EQ(done(), Lines{"5/2 2 "});
}

TEST_F(AssemblerTest, DropsRecordsWithoutTheirFirst)
{
    next(5, 1, 0, "a");
    next(5, 1, more, "b");
    EXPECT_FALSE(assembler_.expire());
    assembler_.finish();
    EXPECT_TRUE(done().empty());
}

TEST_F(AssemblerTest, IncompleteEventsAreTruncatedAtTheEnd)
{
    first(5, 1, more | own);
    next(5, 1, more, "ab");
    assembler_.finish();
    EXPECT_EQ(done(), Lines{"5/1 102 ab"});
    static_assert((own | cut) == 0x102);
    assembler_.finish();
    next(5, 1, 0, "c"); // too late
    EXPECT_TRUE(done().empty());
}

TEST_F(AssemblerTest, TruncatesTheOldestOfTooMany)
{
    first(7, 1, more);
    first(5, 2, more | own);
    next(5, 2, more, "ab");
    for (std::uint32_t tid = 8; tid < 8 + Assembler::most_unfinished() - 2; tid++)
        first(tid, tid, more);
    EXPECT_EQ(done(), Lines{});
    first(6, 4, more);
    EXPECT_EQ(done(), Lines{"5/2 102 ab"});
    next(5, 2, 0, "c"); // too late
    EXPECT_EQ(done(), Lines{});
    next(6, 4, 0, "c");
    next(7, 1, 0, "d");
    EXPECT_EQ(done(), (Lines{"6/4 0 c", "7/1 0 d"}));
}

TEST_F(AssemblerTest, NoBytesAndManyBytes)
{
    std::string all;
    first(5, 1, more);
    next(5, 1, more, "");
    for (int i = 0; i < 200; i++) {
        const std::string part(16384, static_cast<char>('a' + i % 26));
        next(5, 1, more, part);
        all += part;
    }
    next(5, 1, 0, "");
    EXPECT_TRUE(done() == Lines{"5/1 0 " + all});
}

} // namespace

// SPDX-License-Identifier: BSD-2-Clause
// Reads records from a ring buffer that the test fills instead of a kernel.
#include "base/error.hpp"
#include "events/event_source.hpp"

#include "unit/records.hpp"
#include "unit/ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <stdexcept>

namespace {

using namespace snoop;

// A ring, its reader, and the records that are expected.
class RingSourceTest : public testing::TestWithParam<std::size_t> {
protected:
    bool put(const Record &record)
    {
        if (!ring_.put(record))
            return false;
        expected_.push_back(record);
        return true;
    }
    // Drains once, and compares the records with those expected next.
    std::size_t drain()
    {
        return source_->drain([this](const snoop_record &rec, std::span<const std::byte> whole) {
            EXPECT_EQ(rec.size, whole.size());
            EXPECT_EQ(static_cast<const void *>(&rec), static_cast<const void *>(whole.data()));
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(whole.data()) % 8, 0u);
            ASSERT_FALSE(expected_.empty());
            EXPECT_TRUE(std::ranges::equal(whole, expected_.front()));
            expected_.pop_front();
        });
    }

    MemoryRing ring_{GetParam()};
    std::unique_ptr<EventSource> source_ = ring_source(ring_.fd(), ring_.bytes(), nullptr);
    std::deque<Record> expected_;
};

TEST_P(RingSourceTest, ReadsInOrder)
{
    EXPECT_EQ(drain(), 0u);
    for (unsigned i = 0; i < 5; i++)
        ASSERT_TRUE(put(plain_record(24 + i * 7, i)));
    EXPECT_EQ(drain(), 5u);
    EXPECT_TRUE(expected_.empty());
    EXPECT_EQ(ring_.reader_position(), ring_.end());
    EXPECT_EQ(drain(), 0u);
}

// Records of all sizes, many times around the ring.
TEST_P(RingSourceTest, WrapsAround)
{
    unsigned seed = 0;
    std::size_t drained = 0, put_in = 0;

    while (ring_.end() < 5 * ring_.bytes()) {
        while (put(plain_record(static_cast<std::uint32_t>(24 + seed * 389 % (ring_.bytes() / 3)), seed))) {
            seed++;
            put_in++;
        }
        const std::size_t found = drain();
        ASSERT_GT(found, 0u);
        drained += found;
    }
    while (const std::size_t found = drain())
        drained += found;
    EXPECT_EQ(drained, put_in);
    EXPECT_TRUE(expected_.empty());
}

TEST_P(RingSourceTest, RecordAsLargeAsTheRing)
{
    const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(ring_.bytes() - BPF_RINGBUF_HDR_SZ, record_max));

    ASSERT_TRUE(put(plain_record(40)));
    EXPECT_EQ(drain(), 1u);
    for (unsigned i = 0; i < 20; i++) {
        ASSERT_TRUE(put(plain_record(size, i)));
        EXPECT_EQ(drain(), 1u);
    }
}

TEST_P(RingSourceTest, WaitsForUncommittedRecord)
{
    const Record first = plain_record(40, 1), second = plain_record(48, 2);
    const std::uint64_t position = ring_.end();

    ASSERT_TRUE(ring_.put(first, BPF_RINGBUF_BUSY_BIT));
    ASSERT_TRUE(ring_.put(second));
    EXPECT_EQ(drain(), 0u);
    EXPECT_EQ(ring_.reader_position(), position);
    ring_.set_length(position, static_cast<std::uint32_t>(first.size()));
    expected_ = {first, second};
    EXPECT_EQ(drain(), 2u);
}

TEST_P(RingSourceTest, SkipsDiscardedAndInvalidRecords)
{
    Record longer = plain_record(40);
    const std::uint32_t size = 41; // than what is there
    std::memcpy(longer.data(), &size, sizeof(size));

    ASSERT_TRUE(ring_.put(plain_record(40), BPF_RINGBUF_DISCARD_BIT));
    ASSERT_TRUE(ring_.put(longer));
    ASSERT_TRUE(ring_.put(Record(8)));
    ASSERT_TRUE(put(plain_record(40)));
    EXPECT_EQ(drain(), 1u);
    EXPECT_EQ(ring_.reader_position(), ring_.end());
}

TEST_P(RingSourceTest, ThrowingHandlerConsumesItsRecord)
{
    ASSERT_TRUE(ring_.put(plain_record(40, 1)));
    const std::uint64_t second = ring_.end();
    ASSERT_TRUE(put(plain_record(40, 2)));

    const auto fail = [](const snoop_record &, std::span<const std::byte>) { throw std::runtime_error{"full"}; };
    EXPECT_THROW(source_->drain(fail), std::runtime_error);
    EXPECT_EQ(ring_.reader_position(), second);
    EXPECT_EQ(drain(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Bytes, RingSourceTest, testing::Values(4096, 64 << 10, 1 << 20),
                         testing::PrintToStringParamName());

TEST(RingSource, DrainEndsUnderAFlood)
{
    MemoryRing ring{1 << 20};
    const auto source = ring_source(ring.fd(), ring.bytes(), nullptr);
    const Record record = plain_record(24);
    std::size_t count = 0;

    while (ring.put(record)) {}
    const auto put_another = [&](const snoop_record &, std::span<const std::byte>) {
        count++;
        ring.put(record);
    };
    EXPECT_EQ(source->drain(put_another), records_per_drain);
    EXPECT_EQ(count, records_per_drain);
}

TEST(RingSource, PublishesItsNextStep)
{
    const MemoryRing ring{4096};
    snoop_wake wake{};
    const auto source = ring_source(ring.fd(), ring.bytes(), &wake);

    for (const snoop_consumer state : {SNOOP_CONSUMER_SLEEPS, SNOOP_CONSUMER_WORKS, SNOOP_CONSUMER_NAPS}) {
        source->announce(state);
        EXPECT_EQ(wake.consumer, state);
    }
    EXPECT_EQ(source->fd(), ring.fd());
}

TEST(RingSource, RejectsOtherMaps) { EXPECT_THROW(ring_source(-1, 4096, nullptr), Error); }

} // namespace

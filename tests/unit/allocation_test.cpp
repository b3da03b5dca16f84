// SPDX-License-Identifier: BSD-2-Clause
// A row allocates no memory: the tools run in this program, whose operator new counts its calls.
#include "../bench/records.hpp"
#include "unit/files.hpp"
#include "unit/ring.hpp"

#include "events/event_source.hpp"
#include "events/recording.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

// The tools' main(), see CMakeLists.txt.
int execsnoop_main(int argc, char **argv);
int opensnoop_main(int argc, char **argv);

namespace {

std::size_t allocations = 0;

void *try_to_allocate(std::size_t size, std::size_t alignment) noexcept
{
    allocations++;
    return std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
}

void *allocate(std::size_t size, std::size_t alignment)
{
    if (void *memory = try_to_allocate(size, alignment))
        return memory;
    throw std::bad_alloc{};
}

} // namespace

void *operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void *operator new(std::size_t size, std::align_val_t align) { return allocate(size, static_cast<std::size_t>(align)); }
// std::stable_sort uses these two. ASan has its own, whose memory free() must not get.
void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    return try_to_allocate(size, alignof(std::max_align_t));
}
void *operator new(std::size_t size, std::align_val_t align, const std::nothrow_t &) noexcept
{
    return try_to_allocate(size, static_cast<std::size_t>(align));
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using Main = int (*)(int, char **);

struct Tool {
    const char *name;
    std::uint32_t format;
    Main main;
    std::vector<bench::Record> (*records)();
};

class Allocations : public testing::TestWithParam<std::vector<std::string>> {
protected:
    // The number of allocations in a replay of `rows` rows.
    std::size_t of(const Tool &tool, std::size_t rows)
    {
        bench::write_recording(path_.c_str(), tool.name, tool.format, tool.records(), rows);
        std::vector<std::string> words{tool.name, "--no-sandbox", "--replay", path_}; // it would be this program's, too
        words.insert(words.end(), GetParam().begin(), GetParam().end());
        std::vector<char *> argv;
        for (std::string &word : words)
            argv.push_back(word.data());

        const snoop::Fd stdout_before{dup(STDOUT_FILENO)}, null{open("/dev/null", O_WRONLY)};
        dup2(null.get(), STDOUT_FILENO);
        const std::size_t before = allocations;
        EXPECT_EQ(tool.main(static_cast<int>(argv.size()), argv.data()), 0);
        const std::size_t after = allocations;
        dup2(stdout_before.get(), STDOUT_FILENO);
        return after - before;
    }

    TempDir dir_;
    std::string path_ = dir_ / "recording";
};

// More rows than one drain or one write takes: all buffers have grown by then.
constexpr std::size_t enough = 3'000;

TEST_P(Allocations, NoneForARow)
{
    for (const Tool &tool : {Tool{"opensnoop", OPEN_FORMAT, opensnoop_main, bench::opens},
                             Tool{"execsnoop", EXEC_FORMAT, execsnoop_main, bench::execs}}) {
        const std::size_t few = of(tool, enough);
        EXPECT_GT(few, 0u) << "it counts nothing";
        EXPECT_EQ(of(tool, 2 * enough), few) << tool.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Text, Allocations,
                         testing::Values(std::vector<std::string>{}, std::vector<std::string>{"-TtU"}));
INSTANTIATE_TEST_SUITE_P(Json, Allocations, testing::Values(std::vector<std::string>{"-o", "json"}));

TEST(AllocationsOf, DrainingTheRing)
{
    MemoryRing ring{1 << 20};
    const auto source = snoop::ring_source(ring.fd(), ring.bytes(), nullptr);
    const std::vector<bench::Record> records = bench::opens();
    std::size_t count = 0;
    const snoop::RecordHandler handler = [&](const snoop_record &, std::span<const std::byte>) { count++; };

    for (std::size_t i = 0; ring.put(records[i % records.size()].bytes()); i++) {}
    const std::size_t before = allocations;
    while (source->drain(handler) > 0) {}
    EXPECT_EQ(allocations, before);
    EXPECT_GT(count, 1000u);
}

} // namespace

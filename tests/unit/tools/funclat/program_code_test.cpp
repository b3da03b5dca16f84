// SPDX-License-Identifier: BSD-2-Clause
// Functions that only the table for unwinding shows: those of tests/targets/unnamed_code.cpp have no symbols.
#include "unit/run.hpp"

#include "funclat/code_frames.hpp"
#include "funclat/direct_calls.hpp"
#include "funclat/program_code.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>

namespace snoop::funclat {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

enum Place { called, uncalled, jumps, doubtful, split, part, part_middle };

class UnnamedCode : public testing::Test {
protected:
    FunctionBody body_of(Place place) const
    {
        return ProgramCode{elf_.path()}.body_at(elf_.offset_of(address_of(place)).value());
    }
    // The program lists its functions in a table, at a fixed address.
    std::uint64_t address_of(Place place) const
    {
        std::uint64_t table = 0, address = 0;

        elf_.for_each_symbol([&](const ElfSymbol &symbol) {
            if (symbol.name == "unnamed_code_places")
                table = symbol.address;
            return table == 0;
        });
        const auto bytes = elf_.read(table + place * sizeof(address), sizeof(address));
        std::memcpy(&address, bytes.data(), sizeof(address));
        return address;
    }

    ElfFile elf_{tool_path("unnamed_code_fixed")};
    CodeFrames frames_{elf_};
};

TEST_F(UnnamedCode, PiecesAndTheirStacks)
{
    for (const Place place : {called, uncalled, jumps, split, part}) {
        const ElfRange *piece = frames_.piece_of(address_of(place));
        ASSERT_TRUE(piece);
        EXPECT_EQ(piece->address, address_of(place));
        EXPECT_EQ(frames_.is_as_called(address_of(place)), place != part);
    }
    EXPECT_EQ(frames_.piece_of(address_of(part_middle)), frames_.piece_of(address_of(part)));
    EXPECT_EQ(frames_.piece_of(0), nullptr);
    EXPECT_EQ(frames_.piece_of(UINT64_MAX), nullptr);
}

TEST_F(UnnamedCode, AFunctionThatIsCalled)
{
#if defined(__x86_64__)
    const DirectCalls calls{elf_, frames_, Machine::x86_64};
#else
    const DirectCalls calls{elf_, frames_, Machine::arm64};
#endif
    EXPECT_TRUE(calls.lead_to(address_of(called)));
    EXPECT_FALSE(calls.lead_to(address_of(uncalled)));
    EXPECT_FALSE(calls.lead_to(address_of(part)));
    EXPECT_FALSE(calls.lead_to(0));
}

TEST_F(UnnamedCode, AJumpToAFunctionEndsTheCall)
{
    const FunctionBody body = body_of(jumps);
    EXPECT_EQ(body.doubt, "");
    EXPECT_THAT(body.exits, SizeIs(1));
    EXPECT_THAT(body_of(doubtful).doubt, HasSubstr("jumps to code of no known function"));
}

TEST_F(UnnamedCode, AJumpToAPartStaysInside)
{
    const FunctionBody body = body_of(split);
    const std::uint64_t part_offset = elf_.offset_of(address_of(part)).value();

    EXPECT_EQ(body.doubt, "");
    ASSERT_THAT(body.exits, SizeIs(1));
    EXPECT_GT(body.exits[0].address, part_offset);
    EXPECT_NE(body_of(part).doubt, "");
}

} // namespace
} // namespace snoop::funclat

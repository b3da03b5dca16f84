// SPDX-License-Identifier: BSD-2-Clause
// Functions of which the table for unwinding is all that tells where they are. Their symbols are local labels, which
// no file has, so that this program is as a stripped one for them.
#include "load.hpp"

#include "funclat/code_frames.hpp"
#include "funclat/direct_calls.hpp"
#include "funclat/program_code.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <link.h>

#if defined(__x86_64__)
#define JUMP "jmp "
#define CALL "call "
#define PUSH "push %rbp\n"
#define POP "pop %rbp\n"
#else
#define JUMP "b "
#define CALL "bl "
#define PUSH "str x30, [sp, -16]!\n"
#define POP "ldr x30, [sp], 16\n"
#endif

extern "C" const std::uintptr_t program_code_places[];

// clang-format off
asm(".text\n"
    ".balign 16\n"
    ".Lcalled: .cfi_startproc\n nop\n nop\n ret\n .cfi_endproc\n"
    // Nothing calls it.
    ".Luncalled: .cfi_startproc\n nop\n nop\n ret\n .cfi_endproc\n"
    // Jumps to a function; there is a call of it.
    ".Ljumps: .cfi_startproc\n nop\n nop\n " JUMP ".Lcalled\n .cfi_endproc\n"
    // Jumps to what may be a function, or a part of this one.
    ".Ldoubtful: .cfi_startproc\n nop\n nop\n " JUMP ".Luncalled\n .cfi_endproc\n"
    // Jumps to a part of itself, which begins with what this has pushed.
    ".Lsplit: .cfi_startproc\n nop\n " PUSH ".cfi_def_cfa_offset 16\n " JUMP ".Lpart_middle\n .cfi_endproc\n"
    ".Lpart: .cfi_startproc\n .cfi_def_cfa_offset 16\n nop\n"
    ".Lpart_middle: nop\n " POP ".cfi_def_cfa_offset 8\n ret\n .cfi_endproc\n"
    ".Lcalls: .cfi_startproc\n nop\n " CALL ".Lcalled\n ret\n .cfi_endproc\n"
    ".section .data.rel.ro, \"aw\"\n"
    ".balign 8\n"
    ".globl program_code_places\n"
    "program_code_places: .quad .Lcalled, .Luncalled, .Ljumps, .Ldoubtful, .Lsplit, .Lpart, .Lpart_middle\n"
    ".text\n");
// clang-format on

namespace snoop::funclat {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

enum Place { called, uncalled, jumps, doubtful, split, part, part_middle };

// The address in the file.
std::uint64_t address_of(Place place)
{
    std::uint64_t base = 0;

    dl_iterate_phdr(
        [](dl_phdr_info *info, std::size_t, void *to) {
            *static_cast<std::uint64_t *>(to) = info->dlpi_addr;
            return 1; // the first is the program itself
        },
        &base);
    return program_code_places[place] - base;
}

class UnnamedCode : public testing::Test {
protected:
    // Reads this program once: it is large.
    FunctionBody body_of(Place place) const
    {
        static const ProgramCode code{elf_.path()};
        return code.body_at(elf_.offset_of(address_of(place)).value());
    }

    ElfFile elf_{test::Load::self()};
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

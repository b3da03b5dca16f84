// SPDX-License-Identifier: BSD-2-Clause
// Disassembles machine code and looks for entries and exits. Each byte string has its assembly beside it.
#include "funclat/function_body.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {
namespace {

using namespace std::literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t base = 0x1000, other_function = 0x2000, cold_part = 0x3000;

struct Code {
    std::uint64_t address;
    std::string_view bytes;
};

FunctionBody body_of(const std::vector<Code> &codes, Machine machine = Machine::x86_64)
{
    std::vector<CodeRange> ranges;

    for (const auto &[address, bytes] : codes)
        ranges.push_back({address, std::as_bytes(std::span{bytes})});
    return disassemble(machine, ranges, [](std::uint64_t to) { return to == other_function; });
}

FunctionBody body_of(std::string_view bytes, Machine machine = Machine::x86_64)
{
    return body_of({{base, bytes}}, machine);
}

std::vector<std::uint64_t> exits_of(const FunctionBody &body)
{
    std::vector<std::uint64_t> all;

    EXPECT_EQ(body.doubt, "");
    for (const FunctionExit &exit : body.exits)
        all.push_back(exit.address - base);
    return all;
}

TEST(FunctionBody, EveryReturnIsAnExit)
{
    const FunctionBody body = body_of("\x55"                 // push %rbp
                                      "\x85\xff"             // test %edi,%edi
                                      "\x74\x02"             // je 1f
                                      "\x5d"                 // pop %rbp
                                      "\xc3"                 // ret
                                      "\xe8\x00\x00\x00\x00" // 1: call
                                      "\x5d"                 // pop %rbp
                                      "\xf3\xc3"             // repz ret
                                      "\x0f\x1f\x40\x00"sv); // nopl 0(%rax)

    ASSERT_THAT(exits_of(body), ElementsAre(6, 13));
    EXPECT_EQ(body.exits[0].site.kind, FUNCLAT_EXIT);
}

TEST(FunctionBody, TheEntryIsAnInstructionThatTheKernelEmulates)
{
    const FunctionBody first = body_of("\x55\xc3"sv); // push %rbp; ret (never mind the stack)
    EXPECT_EQ(first.entry.address, base);
    EXPECT_EQ(first.entry.execution, Execution::push);

    const FunctionBody behind_endbr = body_of("\xf3\x0f\x1e\xfa" // endbr64
                                              "\x41\x57"         // push %r15
                                              "\x48\x83\xec\x08" // sub $8,%rsp
                                              "\xc3"sv);         // ret
    EXPECT_EQ(behind_endbr.entry.address, base + 4);
    EXPECT_EQ(behind_endbr.entry.pushed, 0u);

    const FunctionBody behind_sub = body_of("\x48\x83\xec\x18"         // sub $24,%rsp
                                            "\xe8\x00\x00\x00\x00"     // call
                                            "\x48\x83\xc4\x18\xc3"sv); // add $24,%rsp; ret
    EXPECT_EQ(behind_sub.entry.address, base + 4);
    EXPECT_EQ(behind_sub.entry.pushed, 24u);

    const FunctionBody none = body_of("\x8d\x47\x01\xc3"sv); // lea 1(%rdi),%eax; ret
    EXPECT_EQ(none.entry.address, base);
    EXPECT_EQ(none.entry.execution, Execution::stepped);
}

// Linux 6.18 replaces a nop of five bytes by a call, which writes below the stack pointer.
TEST(FunctionBody, TheEntryIsNoNopOfFiveBytes)
{
    const FunctionBody body = body_of("\x0f\x1f\x44\x00\x00" // nopl 0(%rax,%rax,1)
                                      "\x8d\x47\x01"         // lea 1(%rdi),%eax
                                      "\xc3"sv);             // ret
    EXPECT_EQ(body.entry.address, base + 5);
}

// A jump back between the entry and the first instruction would begin a second call.
TEST(FunctionBody, TheEntryIsInNoLoop)
{
    const FunctionBody body = body_of("\x89\xf8"         // mov %edi,%eax
                                      "\x50"             // 1: push %rax
                                      "\x58"             // pop %rax
                                      "\xff\xc8"         // dec %eax
                                      "\x75\xfa\xc3"sv); // jne 1b; ret
    EXPECT_EQ(body.entry.address, base);
    EXPECT_THAT(body_of("\xff\xcf\x75\xfc\xc3"sv).doubt, HasSubstr("a loop")); // 1: dec %edi; jne 1b; ret
}

// An entry that is an exit as well: which program would run first?
TEST(FunctionBody, AnEmptyFunctionIsNotTimed)
{
    EXPECT_THAT(body_of("\xc3"sv).doubt, HasSubstr("single instruction"));
    EXPECT_THAT(body_of("\xe9\xfb\x0f\x00\x00"sv).doubt, HasSubstr("single instruction")); // jmp other_function
}

TEST(FunctionBody, UprobesDoNotTakeEveryPrefix)
{
    const FunctionBody body = body_of("\xf0\xff\x07\x89\xf8\xc3"sv); // lock incl (%rdi); mov %edi,%eax; ret
    EXPECT_EQ(body.doubt, "");
    EXPECT_EQ(body.entry.address, base + 3);
    EXPECT_THAT(body_of("\xf0\xff\x07\xc3"sv).doubt, HasSubstr("takes no probe"));
}

TEST(FunctionBody, ATailCallIsAnExit)
{
    const FunctionBody body = body_of("\x85\xff"                 // test %edi,%edi
                                      "\x0f\x85\xf8\x0f\x00\x00" // jne other_function
                                      "\xe9\xf3\x0f\x00\x00"sv); // jmp other_function

    ASSERT_THAT(exits_of(body), ElementsAre(2, 8));
    EXPECT_EQ(body.exits[0].site.kind, FUNCLAT_EXIT_IF);
    EXPECT_EQ(body.exits[0].site.condition, 5); // not zero
    EXPECT_EQ(body.exits[0].site.base, 144);    // flags
    EXPECT_EQ(body.exits[1].site.kind, FUNCLAT_EXIT);
}

TEST(FunctionBody, AnIndirectJumpMayBeAnExit)
{
    const FunctionBody by_register = body_of("\x89\xf8\xff\xe0"sv); // mov %edi,%eax; jmp *%rax
    ASSERT_THAT(exits_of(by_register), ElementsAre(2));
    const funclat_site &site = by_register.exits[0].site;
    EXPECT_EQ(site.kind, FUNCLAT_EXIT_IF_OUTSIDE);
    EXPECT_EQ(site.base, 80); // rax
    EXPECT_EQ(site.pointer_bytes, 0);
    EXPECT_THAT(site.ranges, ElementsAre(-2, 2, 0, 0));

    const FunctionBody in_memory = body_of("\x89\xf8\xff\x64\xc7\x08"sv); // mov %edi,%eax; jmp *8(%rdi,%rax,8)
    ASSERT_THAT(exits_of(in_memory), ElementsAre(2));
    EXPECT_EQ(in_memory.exits[0].site.base, 112);
    EXPECT_EQ(in_memory.exits[0].site.index, 80);
    EXPECT_EQ(in_memory.exits[0].site.scale, 8);
    EXPECT_EQ(in_memory.exits[0].site.displacement, 8);
    EXPECT_EQ(in_memory.exits[0].site.pointer_bytes, 8);

    const FunctionBody relative = body_of("\x89\xf8\xff\x25\x10\x00\x00\x00"sv); // mov; jmp *16(%rip)
    ASSERT_THAT(exits_of(relative), ElementsAre(2));
    EXPECT_EQ(relative.exits[0].site.base, 128);        // rip of this instruction
    EXPECT_EQ(relative.exits[0].site.displacement, 22); // the operand counts from the next one
}

// Compilers use the prefix for jump tables alone.
TEST(FunctionBody, ANotrackJumpStaysInside)
{
    EXPECT_THAT(exits_of(body_of("\x89\xf8\x3e\xff\xe0\xc3"sv)), ElementsAre(5));
}

TEST(FunctionBody, APartThatIsJumpedToBelongsToIt)
{
    const Code hot{base, "\x55\x0f\x85\xf9\x1f\x00\x00\x5d\xc3"sv}; // push %rbp; jne cold_part; pop %rbp; ret
    const Code cold{cold_part, "\x5d\xc3"sv};                       // pop %rbp; ret
    const Code of_another{cold_part + 0x100, "\xc3"sv};

    EXPECT_THAT(exits_of(body_of({hot, of_another, cold})), ElementsAre(8, cold_part - base + 1));
    EXPECT_THAT(body_of({hot, of_another}).doubt, HasSubstr("no known function"));
}

TEST(FunctionBody, NoDoubtIsOverlooked)
{
    EXPECT_THAT(body_of(""sv).doubt, HasSubstr("cannot be read"));
    EXPECT_THAT(body_of("\x55\x06\xc3"sv).doubt, HasSubstr("0x1001 is unknown")); // push %es: not in 64-bit code
    EXPECT_THAT(body_of("\x55\xe9\x00"sv).doubt, HasSubstr("0x1001 is unknown")); // a jump that is cut off
    EXPECT_THAT(body_of("\x55\x5d"sv).doubt, HasSubstr("runs into"));
    EXPECT_THAT(body_of("\x55\xeb\x02\xb8\xc3\xc3\xc3\xc3\xc3"sv).doubt, HasSubstr("into an instruction"));
    EXPECT_THAT(body_of("\x55\xe9\x00\x00\x10\x00"sv).doubt, HasSubstr("no known function"));
    EXPECT_THAT(body_of("\x55\xcb"sv).doubt, HasSubstr("unknown place"));             // lret
    EXPECT_THAT(body_of("\x55\x64\xff\x20"sv).doubt, HasSubstr("takes no probe"));    // jmp *%fs:(%rax)
    EXPECT_THAT(body_of("\x55\xe3\x7f\xc3"sv).doubt, HasSubstr("no known function")); // jrcxz
}

TEST(FunctionBody, Programs32)
{
    const FunctionBody body = body_of("\x55\x06\x07\x5d\xc2\x04\x00"sv, Machine::x86_32); // push %es is fine; ret $4

    EXPECT_THAT(exits_of(body), ElementsAre(4));
    EXPECT_EQ(body.entry.address, base);
}

TEST(FunctionBody, Arm64)
{
    const FunctionBody body = body_of("\xfd\x7b\xbf\xa9"    // stp x29,x30,[sp,#-16]!
                                      "\x40\x00\x00\xb4"    // cbz x0,1f
                                      "\x00\x00\x00\x94"    // bl
                                      "\xfd\x7b\xc1\xa8"    // 1: ldp x29,x30,[sp],#16
                                      "\xc0\x03\x5f\xd6"    // ret
                                      "\xff\x0b\x5f\xd6"    // retaa
                                      "\xfa\x03\x00\x14"    // b other_function
                                      "\x00\x02\x1f\xd6"    // br x16
                                      "\x1f\x20\x03\xd5"sv, // nop
                                      Machine::arm64);

    ASSERT_THAT(exits_of(body), ElementsAre(16, 20, 24, 28));
    EXPECT_EQ(body.entry.address, base);
    EXPECT_EQ(body.exits[3].site.kind, FUNCLAT_EXIT_IF_OUTSIDE);
    EXPECT_EQ(body.exits[3].site.base, 16 * 8);
    EXPECT_EQ(body.entry.execution, Execution::stepped);

    const FunctionBody leaf = body_of("\xe0\x03\x01\xaa"    // mov x0,x1
                                      "\x1f\x20\x03\xd5"    // nop
                                      "\xc0\x03\x5f\xd6"sv, // ret
                                      Machine::arm64);
    EXPECT_EQ(leaf.entry.address, base + 4);
    EXPECT_EQ(leaf.entry.execution, Execution::nop);
    // The frame would not be known behind these: stp x29,x30,[sp,#-16]!; sub sp,sp,#16; nop; ret
    for (const std::string_view first : {"\xfd\x7b\xbf\xa9"sv, "\xff\x43\x00\xd1"sv})
        EXPECT_EQ(body_of(std::string{first} + std::string{"\x1f\x20\x03\xd5\xc0\x03\x5f\xd6"sv}, Machine::arm64)
                      .entry.address,
                  base);
    // cbz x0,other_function: its condition is not evaluated.
    EXPECT_THAT(body_of("\xfd\x7b\xbf\xa9\xe0\x7f\x00\xb4\xc0\x03\x5f\xd6"sv, Machine::arm64).doubt,
                HasSubstr("takes no probe"));
}

} // namespace
} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// Arguments of notes, in the syntax of both assemblers.
#include "usdtsnoop/usdt_notes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>

namespace {

using namespace snoop;
using namespace snoop::usdtsnoop;

// Offsets of registers: sys/user.h has them in the same order, as the kernel saves them.
constexpr std::uint16_t r15 = 0, r12 = 24, rbp = 32, rbx = 40, r9 = 64, r8 = 72, rax = 80, rcx = 88, rdx = 96,
                        rsi = 104, rdi = 112, rip = 128, rsp = 152, x_sp = 31 * 8, none = SNOOP_NO_REGISTER;
constexpr std::uint16_t s32 = 4 | USDT_TYPE_SIGNED, u32 = 4, u64 = 8, s64 = 8 | USDT_TYPE_SIGNED,
                        f64 = 8 | USDT_TYPE_FLOAT;

struct Spec {
    usdt_where where;
    std::uint16_t type;
    std::int64_t value = 0;
    std::uint16_t reg = none, index = none;
    unsigned shift = 0;
    friend bool operator==(const Spec &, const Spec &) = default;
    friend std::ostream &operator<<(std::ostream &out, const Spec &s)
    {
        return out << "where " << s.where << " type " << s.type << " value " << s.value << " reg " << s.reg << " index "
                   << s.index << " shift " << s.shift;
    }
};

Spec parse(std::string_view text, Machine machine)
{
    static const std::map<std::string, std::uint64_t> symbols{{"table", 0x5000}, {"_x.1", 0x100}};
    const UsdtArgContext place{machine, 0x4000, [](const std::string &name) {
                                   const auto found = symbols.find(name);
                                   return found == symbols.end() ? std::nullopt : std::optional{found->second};
                               }};
    const usdt_arg_spec spec = parse_usdt_argument(text, place);
    return {static_cast<usdt_where>(spec.where), spec.type, spec.value, spec.reg, spec.index, spec.shift};
}

Spec x86(std::string_view text) { return parse(text, Machine::x86); }
Spec arm64(std::string_view text) { return parse(text, Machine::arm64); }

Spec constant(std::uint16_t type, std::int64_t value) { return {USDT_CONSTANT, type, value}; }
Spec in(std::uint16_t type, std::uint16_t reg, std::int64_t bits = 0) { return {USDT_REGISTER, type, bits, reg}; }
Spec at(std::uint16_t type, std::int64_t value, std::uint16_t reg, std::uint16_t index = none, unsigned shift = 0)
{
    return {USDT_MEMORY, type, value, reg, index, shift};
}
Spec nowhere(std::uint16_t type) { return {USDT_NOWHERE, static_cast<std::uint16_t>(type | USDT_TYPE_LOST)}; }

TEST(UsdtArgs, Types)
{
    const auto type = [](std::string_view text) { return std::string{usdt_type_name(x86(text).type)}; };

    EXPECT_EQ(type("-1@%al"), "s8");
    EXPECT_EQ(type("1@%al"), "u8");
    EXPECT_EQ(type("-2@%ax"), "s16");
    EXPECT_EQ(type("2@%ax"), "u16");
    EXPECT_EQ(type("-4@%eax"), "s32");
    EXPECT_EQ(type("4@%eax"), "u32");
    EXPECT_EQ(type("-8@%rax"), "s64");
    EXPECT_EQ(type("8@%rax"), "u64");
    EXPECT_EQ(type("4f@%rax"), "f32");
    EXPECT_EQ(type("8f@(%rax)"), "f64");
    // systemtap's own macros before 4.4 have a minus in front of floats, too.
    EXPECT_EQ(type("-8f@(%rax)"), "f64");
    for (const char *bad :
         {"", "@", "3@%eax", "16@%rax", "0@%eax", "16f@%rax", "2f@%rax", "x@%eax", "4", "4%eax", "-@%eax"})
        EXPECT_EQ(type(bad), "?") << bad;
    for (const char *bad : {"-9223372036854775808@%rax", "9223372036854775808@%rax", "18446744073709551615@%rax",
                            "-18446744073709551615@%rax"})
        EXPECT_EQ(type(bad), "?") << bad; // the first is INT64_MIN
    EXPECT_EQ(usdt_type_name(8 | USDT_TYPE_STRING), "str");
}

TEST(UsdtArgs, X86Registers)
{
    EXPECT_EQ(x86("-4@%eax"), in(s32, rax));
    EXPECT_EQ(x86("8@%rdi"), in(u64, rdi));
    EXPECT_EQ(x86("8@%rbp"), in(u64, rbp));
    EXPECT_EQ(x86("8@%rsp"), in(u64, rsp));
    EXPECT_EQ(x86("4@%r8d"), in(u32, r8));
    EXPECT_EQ(x86("8@%r9"), in(u64, r9));
    EXPECT_EQ(x86("2@%r12w"), in(2, r12));
    EXPECT_EQ(x86("1@%r15b"), in(1, r15));
    EXPECT_EQ(x86("1@%al"), in(1, rax));
    EXPECT_EQ(x86("1@%sil"), in(1, rsi));
    EXPECT_EQ(x86("1@%dil"), in(1, rdi));
    EXPECT_EQ(x86("1@%bpl"), in(1, rbp));
    EXPECT_EQ(x86("2@%cx"), in(2, rcx));
    EXPECT_EQ(x86("1@%ah"), in(1, rax, 8));
    EXPECT_EQ(x86("1@%dh"), in(1, rdx, 8));
    for (const char *bad : {"%xmm0", "%st", "%r16", "%r7", "%eaz", "%", "%rax,", "%rax %rbx", "%h", "%orig_ax"})
        EXPECT_EQ(x86(std::string{"8f@"} + bad), nowhere(f64)) << bad;
}

TEST(UsdtArgs, X86Constants)
{
    EXPECT_EQ(x86("-4@$-42"), constant(s32, -42));
    EXPECT_EQ(x86("8@$0x10"), constant(u64, 16));
    EXPECT_EQ(x86("8@$18446744073709551615"), constant(u64, -1));
    EXPECT_EQ(x86("-8@$-9223372036854775808"), constant(s64, INT64_MIN));
    EXPECT_EQ(x86("4@$"), nowhere(u32));
    EXPECT_EQ(x86("4@$table"), nowhere(u32));
    EXPECT_EQ(x86("4@$99999999999999999999"), nowhere(u32));
}

TEST(UsdtArgs, X86Memory)
{
    EXPECT_EQ(x86("-4@(%rbx)"), at(s32, 0, rbx));
    EXPECT_EQ(x86("8@-80(%rbp)"), at(u64, -80, rbp));
    EXPECT_EQ(x86("8@+16(%rsp)"), at(u64, 16, rsp));
    EXPECT_EQ(x86("8@0x18(%rax)"), at(u64, 24, rax));
    EXPECT_EQ(x86("8@8-16(%rax)"), at(u64, -8, rax));
    EXPECT_EQ(x86("8@(%rdx,%rax,8)"), at(u64, 0, rdx, rax, 3));
    EXPECT_EQ(x86("4@-4(%rdx,%rcx)"), at(u32, -4, rdx, rcx, 0));
    EXPECT_EQ(x86("4@64(,%rcx,2)"), at(u32, 64, none, rcx, 1));
    EXPECT_EQ(x86("4@(%rdx,%rcx,4)"), at(u32, 0, rdx, rcx, 2));
    for (const char *bad : {"(", "()", "(%rax", "(%rax))", "(%rdx,%rax,3)", "(%rdx,)", "(%xmm0)", "8(%rax", "-(%rax)",
                            "%fs:0(%rax)", "8", "a", "(%rax)8"})
        EXPECT_EQ(x86(std::string{"4@"} + bad), nowhere(u32)) << bad;
}

TEST(UsdtArgs, X86DisplacementsWrapAround)
{
    EXPECT_EQ(x86("8@9223372036854775807+1(%rax)"), at(u64, INT64_MIN, rax));
    EXPECT_EQ(x86("8@-9223372036854775808-1(%rax)"), at(u64, INT64_MAX, rax));
    EXPECT_EQ(x86("8@9223372036854775807+table(%rip)"), at(u64, INT64_MIN + 0xfff, rip));
}

// At the same distance from the probe, at 0x4000, as in the file.
TEST(UsdtArgs, X86Symbols)
{
    EXPECT_EQ(x86("-4@table(%rip)"), at(s32, 0x1000, rip));
    EXPECT_EQ(x86("-4@table+8(%rip)"), at(s32, 0x1008, rip));
    EXPECT_EQ(x86("-4@8+table(%rip)"), at(s32, 0x1008, rip));
    EXPECT_EQ(x86("-4@table-8(%rip)"), at(s32, 0xff8, rip));
    EXPECT_EQ(x86("-4@_x.1(%rip)"), at(s32, 0x100 - 0x4000, rip));
    EXPECT_EQ(x86("-4@nothing(%rip)"), nowhere(s32));
    // In a program at fixed addresses.
    EXPECT_EQ(x86("-4@table"), at(s32, 0x1000, rip));
    EXPECT_EQ(x86("-4@table+4"), at(s32, 0x1004, rip));
    EXPECT_EQ(x86("-4@table(%rax)"), at(s32, 0x1000, rax, rip));
    EXPECT_EQ(x86("-4@table(,%rax,4)"), at(s32, 0x1000, rip, rax, 2));
    EXPECT_EQ(x86("-4@table(%rdx,%rax,4)"), nowhere(s32));
    EXPECT_EQ(x86("-4@nothing"), nowhere(s32));
    EXPECT_EQ(x86("-4@table+table(%rip)"), nowhere(s32));
    EXPECT_EQ(x86("-4@table@GOTPCREL(%rip)"), nowhere(s32));
}

TEST(UsdtArgs, Arm64)
{
    EXPECT_EQ(arm64("8@x0"), in(u64, 0));
    EXPECT_EQ(arm64("-4@w1"), in(s32, 8));
    EXPECT_EQ(arm64("8@x30"), in(u64, 240));
    EXPECT_EQ(arm64("8@sp"), in(u64, x_sp));
    EXPECT_EQ(arm64("-4@5"), constant(s32, 5));
    EXPECT_EQ(arm64("-4@-5"), constant(s32, -5));
    EXPECT_EQ(arm64("8@[x19]"), at(u64, 0, 19 * 8));
    EXPECT_EQ(arm64("-4@[sp, 60]"), at(s32, 60, x_sp));
    EXPECT_EQ(arm64("8@[x29, -8]"), at(u64, -8, 29 * 8));
    EXPECT_EQ(arm64("8@[x0,#16]"), at(u64, 16, 0));
    EXPECT_EQ(arm64("8@[x0, x1]"), at(u64, 0, 0, 8));
    EXPECT_EQ(arm64("8@[x0, x1, lsl 3]"), at(u64, 0, 0, 8, 3));
    EXPECT_EQ(arm64("4@[x0, x1, lsl #2]"), at(u32, 0, 0, 8, 2));
    for (const char *bad : {"x31", "w99", "d0", "q1", "[", "[]", "[x0", "[x0, ", "[x0, x1, lsl 4]", "[x0, w1, sxtw 3]",
                            "[x0], 8", "%rax", "", "x", "x1 "})
        EXPECT_EQ(arm64(std::string{"8@"} + bad), nowhere(u64)) << bad;
}

} // namespace

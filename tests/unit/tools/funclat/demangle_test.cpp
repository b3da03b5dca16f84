// SPDX-License-Identifier: BSD-2-Clause
// Names of C++ and Rust functions, and how people write them.
#include "funclat/demangle.hpp"

#include <gtest/gtest.h>

#include <string>

namespace snoop::funclat {
namespace {

TEST(Demangle, NamesOfBothLanguages)
{
    EXPECT_EQ(demangle("_ZN3app1S3runEi"), "app::S::run(int)");
    EXPECT_EQ(demangle("_ZN3app3maxIiEET_S1_S1_"), "int app::max<int>(int, int)");
    EXPECT_EQ(demangle_briefly("_ZN3app3maxIiEET_S1_S1_"), "app::max<int>");
    EXPECT_EQ(demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"), "core::fmt::Formatter::pad");
    EXPECT_EQ(demangle("_RNvCskwGfYPst2Cb_3foo16example_function"), "foo::example_function");
    for (const char *other : {"main", "_Zzz", "_R", "", "memcpy@@GLIBC_2.14"})
        EXPECT_EQ(demangle(other), "") << other;
}

// Each parameter has twice the characters of the one before.
TEST(Demangle, EndsWhereANameIsTooLong)
{
    std::string bomb = "_Z1fSt4pairIiiE";
    for (const char c : std::string{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
        bomb += std::string{"S_IS"} + c + "_S" + c + "_E";
    EXPECT_EQ(demangle(bomb), "");
}

TEST(WrittenName, IsThatOfASymbol)
{
    const auto names = [](const char *text, const char *symbol) { return WrittenName{text}.matches(symbol); };

    for (const char *text : {"app::S::run", "app::S::run(int)", "app::S::run( int )", "::app::S::run"})
        EXPECT_TRUE(names(text, "_ZN3app1S3runEi")) << text;
    for (const char *text : {"app::S::run(long)", "app::S::run()", "S::run", "run", "app::S::ru", "app::S"})
        EXPECT_FALSE(names(text, "_ZN3app1S3runEi")) << text;
    for (const char *text : {"app::max", "app::max<int>", "app::max<int>(int, int)", "int app::max<int>(int, int)"})
        EXPECT_TRUE(names(text, "_ZN3app3maxIiEET_S1_S1_")) << text;
    EXPECT_FALSE(names("app::max<long>", "_ZN3app3maxIiEET_S1_S1_"));
    EXPECT_TRUE(names("app::V::push", "_ZN3app1VIiE4pushEi"));
    EXPECT_TRUE(names("A::f() const", "_ZNK1A1fEv"));
    EXPECT_TRUE(names("S::operator[]", "_ZN1SixEi"));
    EXPECT_TRUE(names("(anonymous namespace)::f", "_ZN12_GLOBAL__N_11fEv"));
    EXPECT_TRUE(names("S::S", "_ZN1SC1Ev"));
    EXPECT_TRUE(names("std::string::size", "_ZNSs4sizeEv"));
    EXPECT_TRUE(names("app::foo", "_ZN3app3fooB5cxx11Ev"));
    EXPECT_TRUE(names("core::fmt::Formatter::pad", "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"));
    EXPECT_TRUE(names("app::S::run", "_ZN3app1S3runEi.constprop.0"));
    EXPECT_FALSE(names("app::S::run", "_ZN3app1S3runEi.cold"));
    EXPECT_FALSE(names("B::f", "_ZThn16_N1B1fEv"));
}

} // namespace
} // namespace snoop::funclat

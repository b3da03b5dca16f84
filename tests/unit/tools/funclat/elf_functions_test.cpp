// SPDX-License-Identifier: BSD-2-Clause
// The functions of this very program, whose addresses are known.
#include "fixtures.hpp"
#include "load.hpp"

#include "base/error.hpp"
#include "funclat/elf_functions.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <tuple>

extern "C" {
[[gnu::noinline]] int elf_functions_one() noexcept { return 1; }
[[gnu::noinline]] int elf_functions_two() { return 2; }
int elf_functions_alias() noexcept __attribute__((alias("elf_functions_one")));
}

namespace snoop::funclat {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

int exit_code(const std::function<void()> &body, const std::string &text)
{
    try {
        body();
    } catch (const Error &error) {
        EXPECT_THAT(error.what(), HasSubstr(text));
        return error.code();
    }
    return 0;
}

// The function's own code is at that place in the file.
TEST(ElfFunctions, WhereAFunctionBegins)
{
    const ElfFunctions functions{test::Load::self()};
    const auto one = functions.find("elf_functions_one").offsets;
    ASSERT_EQ(one.size(), 1u);
    std::ifstream file{test::Load::self()};
    char code[8];

    file.seekg(static_cast<std::streamoff>(one[0]));
    ASSERT_TRUE(file.read(code, sizeof(code)));
    EXPECT_EQ(std::memcmp(code, reinterpret_cast<const void *>(&elf_functions_one), sizeof(code)), 0);
    EXPECT_TRUE(functions.is_code(one[0]));
    EXPECT_FALSE(functions.is_code(UINT64_MAX));
}

TEST(ElfFunctions, PrefersTheShorterName)
{
    EXPECT_THAT(
        ElfFunctions{test::Load::self()}.match("elf_functions_*"),
        ElementsAre(Field(&ElfFunction::name, "elf_functions_one"), Field(&ElfFunction::name, "elf_functions_two")));
}

TEST(ElfFunctions, UnknownFunctions)
{
    const ElfFunctions functions{test::Load::self()};

    EXPECT_EQ(exit_code([&] { std::ignore = functions.find("elf_functions_too"); }, "did you mean elf_functions_two"),
              2);
    EXPECT_EQ(exit_code([&] { std::ignore = functions.match("elf_no*"); }, "matches no function"), 2);
    EXPECT_EQ(exit_code([] { ElfFunctions{"/no/such/file"}; }, "No such file"), 2);
}

TEST(ElfFunctions, RejectsOtherFiles)
{
    const test::TempDir dir;
    const std::string whole = test::program_bytes(0);

    EXPECT_EQ(exit_code([&] { ElfFunctions{dir.file("text", "hello")}; }, "is not an ELF executable or library"), 2);
    EXPECT_EQ(exit_code([&] { ElfFunctions{dir.file("empty", "")}; }, "is not an ELF executable or library"), 2);
    EXPECT_EQ(exit_code([&] { std::ignore = ElfFunctions{dir.file("stripped", whole)}.find("main"); },
                        "the file is stripped"),
              2);
    // Cut anywhere, it is refused or has nothing, and that is all.
    for (std::size_t bytes = 0; bytes < whole.size(); bytes++)
        EXPECT_EQ(
            exit_code([&] { std::ignore = ElfFunctions{dir.file("cut", whole.substr(0, bytes))}.find("main"); }, "'"),
            2);
}

} // namespace
} // namespace snoop::funclat

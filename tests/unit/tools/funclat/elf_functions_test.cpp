// SPDX-License-Identifier: BSD-2-Clause
// The functions of this test program, whose addresses are known.
#include "fixtures.hpp"
#include "load.hpp"
#include "unit/run.hpp"

#include "base/error.hpp"
#include "funclat/elf_functions.hpp"
#include "symbols/binaries.hpp"

#include <gmock/gmock.h>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

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

// The function's code is at that offset in the file.
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

std::vector<std::string> names_of(const std::string &text)
{
    const ElfFunctions functions{tool_path("cxx_names")};
    std::vector<std::string> names;

    for (const ElfFunction &function : functions.select(text).functions)
        names.push_back(function.name);
    return names;
}

// tests/targets/cxx_names.cpp: a program with few functions, all of whose names are demangled for each search.
TEST(ElfFunctions, NamesOfCxx)
{
    EXPECT_THAT(names_of("cxx_names::S::run"), ElementsAre("cxx_names::S::run(char*)", "cxx_names::S::run(int)"));
    EXPECT_THAT(names_of("cxx_names::S::run(int)"), ElementsAre("cxx_names::S::run(int)"));
    EXPECT_THAT(names_of("_ZN9cxx_names1S3runEi"), ElementsAre("_ZN9cxx_names1S3runEi"));
    EXPECT_THAT(names_of("cxx_names::S::ru*"), ElementsAre("cxx_names::S::run(char*)", "cxx_names::S::run(int)"));
    // These contain characters of a pattern.
    EXPECT_THAT(names_of("cxx_names::S::run(char*)"), ElementsAre("cxx_names::S::run(char*)"));
    EXPECT_THAT(names_of("cxx_names::S::operator[]"), ElementsAre("cxx_names::S::operator[](long)"));
    EXPECT_EQ(exit_code([] { names_of("cxx_names::S::rnu"); }, "did you mean cxx_names::S::run?"), 2);
}

TEST(ElfFunctions, OtherNamesOfTheSameCode)
{
    const ElfFunctions functions{test::Load::self()};

    EXPECT_THAT(functions.find("elf_functions_one").aliases, ElementsAre("elf_functions_alias"));
    EXPECT_THAT(functions.find("elf_functions_alias").aliases, ElementsAre("elf_functions_one"));
    EXPECT_THAT(functions.find("elf_functions_two").aliases, testing::IsEmpty());
}

#if defined(__x86_64__)
// glibc for x86-64 has two functions called memcpy; programs linked today call the one of 2.14.
TEST(ElfFunctions, Versions)
{
    const ElfFunctions libc{find_binary("libc.so.6")};

    for (const char *name : {"memcpy", "memcpy@@GLIBC_2.14", "memcpy@GLIBC_2.14"})
        EXPECT_EQ(exit_code([&] { std::ignore = libc.find(name); }, "'memcpy@@GLIBC_2.14' in "), 3) << name;
    EXPECT_EQ(libc.find("memcpy@GLIBC_2.2.5").offsets.size(), 1u);
    EXPECT_EQ(exit_code([&] { std::ignore = libc.find("memcpy@@GLIBC_2.2.5"); }, "memcpy@GLIBC_2.2.5"), 2);
}
#endif

// Files cannot make this program read without end, or take up all memory.
TEST(ElfFunctions, RejectsTablesOfAnySize)
{
    const test::TempDir dir;
    std::string bytes(4096, '\0');
    Elf64_Ehdr header{};
    Elf64_Shdr first{};

    std::memcpy(&header, test::program_bytes(0).data(), sizeof(header));
    header.e_shoff = sizeof(header);
    header.e_shentsize = sizeof(first);
    header.e_shnum = 0;
    first.sh_size = std::uint64_t{1} << 30; // the number of sections
    bytes.replace(0, sizeof(header), {reinterpret_cast<const char *>(&header), sizeof(header)});
    bytes.replace(sizeof(header), sizeof(first), {reinterpret_cast<const char *>(&first), sizeof(first)});
    const std::string path = dir.file("sections", bytes);
    ASSERT_EQ(truncate(path.c_str(), off_t{1} << 37), 0);
    EXPECT_EQ(exit_code([&] { ElfFunctions{path}; }, "is not an ELF executable or library"), 2);
    ASSERT_EQ(mkfifo(dir.at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(exit_code([&] { ElfFunctions{dir.at("fifo")}; }, "is not an ELF executable or library"), 2);
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
    // Cut anywhere, it is refused or has no functions.
    for (std::size_t bytes = 0; bytes < whole.size(); bytes++)
        EXPECT_EQ(
            exit_code([&] { std::ignore = ElfFunctions{dir.file("cut", whole.substr(0, bytes))}.find("main"); }, "'"),
            2);
}

} // namespace
} // namespace snoop::funclat

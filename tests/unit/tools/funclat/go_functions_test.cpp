// SPDX-License-Identifier: BSD-2-Clause
// Go's table of functions in files made here.
#include "fixtures.hpp"
#include "unit/elf.hpp"

#include "base/error.hpp"
#include "funclat/elf_functions.hpp"
#include "funclat/go_functions.hpp"

#include <gmock/gmock.h>

#include <tuple>

namespace snoop::funclat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// main.work at 0x401010, and two instances of main.Sum at 0x401040 and 0x401060.
struct Table {
    std::uint32_t magic = 0xfffffff0;
    std::uint64_t functions = 3, text = 0x401000, places = 128;
    std::uint32_t name_of_first = 0;

    [[nodiscard]] std::string bytes() const
    {
        std::string all = raw(magic) + std::string{"\0\0\1\x08", 4};
        for (const std::uint64_t field : {functions, std::uint64_t{0}, text, std::uint64_t{72}, std::uint64_t{0},
                                          std::uint64_t{0}, std::uint64_t{0}, places})
            all += raw(field);
        all += std::string{"main.work\0main.Sum[...]\0", 24};
        all.resize(128);
        const std::uint32_t list = 3 * 8 + 4;
        const std::uint32_t at[] = {0x10, 0x40, 0x60, 0x80}, names[] = {name_of_first, 10, 10};
        for (std::uint32_t i = 0; i < 3; i++)
            all += raw(at[i]) + raw(list + 8 * i);
        all += raw(at[3]);
        for (std::uint32_t i = 0; i < 3; i++)
            all += raw(at[i]) + raw(names[i]);
        return all;
    }
};

class GoFunctionsTest : public testing::Test {
protected:
    std::string file(const std::string &table) const
    {
        TinyElf elf;
        elf.go_table = table;
        return dir_.file("go", elf.bytes());
    }
    std::string refusal(const std::string &table, const char *name = "main.work") const
    {
        try {
            std::ignore = ElfFunctions{file(table)}.select(name);
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            return error.what();
        }
        return "no refusal";
    }

    const test::TempDir dir_;
};

TEST_F(GoFunctionsTest, OfAStrippedProgram)
{
    for (const std::uint32_t magic : {0xfffffff0, 0xfffffff1}) {
        const std::string path = file(Table{.magic = magic}.bytes());
        const GoFunctions go{ElfFile{path}};
        EXPECT_THAT(go.doubt(), IsEmpty());
        ASSERT_THAT(go.all(), SizeIs(3));
        ASSERT_NE(go.at(0x401010), nullptr);
        EXPECT_EQ(go.at(0x401010)->name, "main.work");
        EXPECT_EQ(go.at(0x401010)->bytes, 0x30u);
        EXPECT_EQ(go.at(0x401011), nullptr);

        const ElfFunctions functions{path};
        EXPECT_THAT(functions.find("main.work").offsets, ElementsAre(0x1010));
        EXPECT_THAT(functions.find("main.Sum").offsets, ElementsAre(0x1040, 0x1060));
        EXPECT_THAT(functions.find("main.Sum[...]").offsets, ElementsAre(0x1040, 0x1060));
        EXPECT_THAT(functions.match("main.*"), SizeIs(2));
    }
    TinyElf pie;
    pie.go_section = ".data.rel.ro.gopclntab";
    pie.go_table = Table{}.bytes();
    EXPECT_THAT(GoFunctions{ElfFile{dir_.file("pie", pie.bytes())}}.all(), SizeIs(3));
    EXPECT_THAT(refusal(Table{}.bytes(), "main.Sum[go.shape.int_0]"),
                HasSubstr("give 'main.Sum', which means them all"));
    EXPECT_THAT(refusal(Table{}.bytes(), "main.werk"), HasSubstr("did you mean main.work?"));
}

TEST_F(GoFunctionsTest, TablesOfOtherVersions)
{
    for (const std::uint32_t magic : {0xfffffffbu, 0xfffffffau, 0xfffffff2u})
        EXPECT_THAT(refusal(Table{.magic = magic}.bytes()),
                    HasSubstr(fmt::format("is a stripped Go program, and its table of functions has the unknown "
                                          "version 0x{:x}",
                                          magic)));
}

TEST_F(GoFunctionsTest, DamagedTables)
{
    const std::string damaged = "its table of functions is damaged";

    EXPECT_THAT(refusal(Table{.functions = 4}.bytes()), HasSubstr(damaged));
    EXPECT_THAT(refusal(Table{.functions = UINT64_MAX}.bytes()), HasSubstr(damaged));
    EXPECT_THAT(refusal(Table{.text = 0}.bytes()), HasSubstr(damaged));
    EXPECT_THAT(refusal(Table{.places = UINT64_MAX - 3}.bytes()), HasSubstr(damaged));
    EXPECT_THAT(refusal(Table{.name_of_first = UINT32_MAX}.bytes()), HasSubstr(damaged));
    const std::string whole = Table{}.bytes();
    for (std::size_t bytes = 4; bytes < whole.size(); bytes++)
        EXPECT_THAT(refusal(whole.substr(0, bytes)), HasSubstr(damaged)) << bytes;
}

} // namespace
} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// Symbols in files of their own, which objcopy makes of a program.
#include "fixtures.hpp"
#include "load.hpp"

#include "symbols/debug_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

extern "C" [[gnu::noinline, gnu::used]] int debug_file_function() { return 1; }

namespace snoop {
namespace {

class DebugFile : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(shell("objcopy --only-keep-debug " + test::Load::self() + " whole.debug"), 0); }

    int shell(const std::string &command) const
    {
        return std::system(("cd " + dir_.path() + " && " + command).c_str());
    }
    // A stripped copy of this program; `remove` is a section to leave out.
    ElfFile stripped(const std::string &remove = ".comment") const
    {
        EXPECT_EQ(shell("objcopy -S --remove-section " + remove + " --add-gnu-debuglink=whole.debug " +
                        test::Load::self() + " stripped"),
                  0);
        return ElfFile{dir_.at("stripped")};
    }
    void move_to(const std::string &path) const
    {
        std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
        std::filesystem::rename(dir_.at("whole.debug"), path);
    }
    bool is_found(const ElfFile &elf) const
    {
        bool found = false;
        const auto debug = find_debug_file(elf, {dir_.at("debug"), {dir_.at("cache")}});
        if (debug)
            debug->for_each_symbol([&](const ElfSymbol &symbol) {
                found = symbol.name == "debug_file_function" && symbol.bytes > 0;
                return !found;
            });
        return found;
    }
    // The build ID as binutils prints it.
    std::string build_id() const
    {
        EXPECT_EQ(shell("readelf -n stripped | sed -n 's/ *Build ID: *//p' | tr -d '\\n' > id"), 0);
        return test::read_file(dir_.at("id"));
    }

    const test::TempDir dir_;
};

TEST_F(DebugFile, ByItsLink)
{
    const ElfFile elf = stripped(".note.gnu.build-id");

    EXPECT_TRUE(is_found(elf)); // by its checksum, as there is no build ID
    move_to(dir_.at(".debug/whole.debug"));
    EXPECT_TRUE(is_found(elf));
    std::filesystem::rename(dir_.at(".debug/whole.debug"), dir_.at("whole.debug"));
    move_to(dir_.at("debug") + dir_.at("whole.debug"));
    EXPECT_TRUE(is_found(elf));
}

TEST_F(DebugFile, OfAnotherBuild)
{
    const ElfFile elf = stripped(".note.gnu.build-id");

    ASSERT_EQ(shell("printf x >> whole.debug"), 0);
    EXPECT_FALSE(is_found(elf));
}

TEST_F(DebugFile, ByBuildId)
{
    const ElfFile elf = stripped();
    const std::string id = build_id();
    ASSERT_NE(id, ""); // the linker writes one, see tests/CMakeLists.txt
    const std::string link = dir_.at(fmt::format("debug/.build-id/{}/{}.debug", id.substr(0, 2), id.substr(2)));
    const std::string cached = dir_.at(fmt::format("cache/{}/debuginfo", id));

    move_to(link);
    EXPECT_TRUE(is_found(elf));
    std::filesystem::rename(link, dir_.at("whole.debug"));
    move_to(cached);
    EXPECT_TRUE(is_found(elf));
    // Left by debuginfod where no server had the file.
    test::write_file(cached, "");
    EXPECT_FALSE(is_found(elf));
}

} // namespace
} // namespace snoop

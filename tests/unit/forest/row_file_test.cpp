// SPDX-License-Identifier: BSD-2-Clause
// Files of rows. Recordings are read by tests/unit/tools/snoop-report, which has tools that print them.
#include "base/error.hpp"
#include "base/fd.hpp"
#include "forest/row_file.hpp"
#include "unit/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Reading {
    RowsRead read;
    std::vector<std::string> paths, said;
};

Reading reading_of(const std::string &contents)
{
    const std::string file = testing::TempDir() + "rows.json";
    Reading reading;

    std::ofstream{file} << contents;
    reading.read = read_rows(
        file, [&](const Row &row) { reading.paths.emplace_back(text_at(row, "path")); },
        [&](std::string_view text) { reading.said.emplace_back(text); });
    return reading;
}

std::string error_of(const std::string &path)
{
    try {
        read_rows(
            path, [](const Row &) {}, [](std::string_view) {});
    } catch (const Error &error) {
        return std::to_string(error.code()) + " " + error.what();
    }
    return "";
}

TEST(RowFile, ReadsLinesUpToTheLastOneWithoutANewline)
{
    const Reading reading = reading_of("{\"path\":\"a\"}\n\n{\"path\":\"b\"}\n{\"path\":\"c\"}");

    EXPECT_THAT(reading.paths, ElementsAre("a", "b", "c"));
    EXPECT_EQ(reading.read.rows, 3U);
    EXPECT_TRUE(reading.read.is_complete());
}

TEST(RowFile, SaysTheFirstInvalidLineAndReadsOn)
{
    const Reading reading = reading_of("{\"path\":\"a\"}\nPID COMM\n[]\n{\"path\":\"b\"}\n");

    EXPECT_THAT(reading.paths, ElementsAre("a", "b"));
    EXPECT_EQ(reading.read.invalid, 2U);
    EXPECT_FALSE(reading.read.is_complete());
    EXPECT_THAT(reading.said, ElementsAre(HasSubstr("rows.json', line 2: not valid JSON; expected a recording")));
}

TEST(RowFile, CountsWhatTheToolLost)
{
    const Reading reading = reading_of("{\"path\":\"a\"}\n{\"event\":\"accounting\",\"lost\":7}\n");

    EXPECT_EQ(reading.read.lost, 7U);
    EXPECT_EQ(reading.read.rows, 1U);
    EXPECT_TRUE(reading_of("").read.is_complete());
}

TEST(RowFile, ReadsTheFilesOfADirectory)
{
    const TempDir dir;
    std::vector<std::string> paths;

    EXPECT_THAT(error_of(dir.path()), HasSubstr("has no file: record into it with --record"));
    std::ofstream{dir / "b.json"} << R"({"path":"b"})";
    std::ofstream{dir / "a.json"} << R"({"path":"a"})";
    std::ofstream{dir / ".hidden"} << "no row";
    std::filesystem::create_directory(dir / "c");
    const RowsRead read = read_rows(
        dir.path(), [&](const Row &row) { paths.emplace_back(text_at(row, "path")); },
        [](std::string_view text) { ADD_FAILURE() << text; });
    EXPECT_THAT(paths, ElementsAre("a", "b"));
    EXPECT_EQ(read.rows, 2U);
    EXPECT_TRUE(read.is_complete());
}

TEST(RowFile, GivesUpALineWithoutAnEnd)
{
    std::vector<std::string> said;
    const RowsRead read = read_rows(
        "/dev/zero", [](const Row &) { ADD_FAILURE(); }, [&](std::string_view text) { said.emplace_back(text); });

    EXPECT_FALSE(read.is_complete());
    EXPECT_THAT(said, ElementsAre("'/dev/zero', line 1: longer than 16 MiB, as no row is; the rest is not read"));
    const Reading reading = reading_of("{\"path\":\"a\"}\n" + std::string(17 << 20, ' ') + "\n{\"path\":\"b\"}\n");
    EXPECT_THAT(reading.paths, ElementsAre("a"));
    EXPECT_THAT(reading.said, ElementsAre(HasSubstr("line 2: longer than 16 MiB")));
}

TEST(RowFile, ReadsWhatEditorsOfOtherSystemsWrite)
{
    const Reading reading = reading_of("\xef\xbb\xbf{\"path\":\"a\"}\r\n{\"path\":\"b\"}\r\n");

    EXPECT_THAT(reading.paths, ElementsAre("a", "b"));
    EXPECT_TRUE(reading.read.is_complete());
}

TEST(RowFile, NamesTheProgramThatDecompresses)
{
    const std::string file = testing::TempDir() + "rows.packed";
    const auto error_for = [&](std::string_view bytes) {
        std::ofstream{file} << bytes << std::string(200, 'x');
        return error_of(file);
    };

    EXPECT_THAT(error_for("\x1f\x8b"), HasSubstr("is compressed: decompress it with gunzip first"));
    EXPECT_THAT(error_for("\xfd"
                          "7zXZ"),
                HasSubstr("with unxz first"));
    EXPECT_THAT(error_for("\x28\xb5\x2f\xfd"), HasSubstr("with unzstd first"));
}

// The tool that prints a recording opens it again.
TEST(RowFile, RefusesARecordingInAPipe)
{
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const Fd read_end{ends[0]};
    Fd write_end{ends[1]};
    const std::string recording = "snooprec" + std::string(8, 'x') + "execsnoop" + std::string(200, '\0');

    ASSERT_EQ(write(write_end.get(), recording.data(), recording.size()), static_cast<ssize_t>(recording.size()));
    write_end.reset();
    EXPECT_THAT(error_of("/proc/self/fd/" + std::to_string(read_end.get())),
                HasSubstr("is a recording in a pipe: a recording is read from a regular file only"));
}

TEST(RowFile, RefusesWhatItCannotRead)
{
    EXPECT_EQ(error_of("/nonexistent"), "2 cannot open '/nonexistent': No such file or directory (ENOENT)");
}

// A recording may come from anybody, and the tool that it names is executed.
TEST(RowFile, ExecutesNoOtherProgramForARecording)
{
    const std::string file = testing::TempDir() + "other.rec";
    const auto error_for = [&](const std::string &tool) {
        std::ofstream{file} << "snooprec" << std::string(8, 'x') << tool << std::string(200, '\0');
        return error_of(file);
    };

    for (const std::string tool : {"true", "usdtsnoop", "../../bin/sh", "-"})
        EXPECT_THAT(error_for(tool),
                    HasSubstr("is a recording of '" + tool + "', not of execsnoop, opensnoop, openguard"));
    EXPECT_THAT(error_for(""), HasSubstr("its header names no tool"));
}

} // namespace
} // namespace snoop

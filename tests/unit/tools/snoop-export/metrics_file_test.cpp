// SPDX-License-Identifier: BSD-2-Clause
// The file of --metrics-file is replaced as a whole, belongs to no one else, and is removed at the end.
#include "base/error.hpp"
#include "snoop-export/metrics_file.hpp"
#include "unit/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>

namespace snoop::snoop_export {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const TempDir &dir)
{
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator{dir.path()})
        names.push_back(entry.path().filename());
    return names;
}

// The message of the error, which has exit code 1.
std::string error_of(const std::function<void()> &attempt)
{
    try {
        attempt();
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_runtime);
        return error.what();
    }
    return "none";
}

TEST(MetricsFile, IsThereAtOnceAndNotAtTheEnd)
{
    const TempDir dir;
    const std::string path = dir / "x.prom";
    {
        MetricsFile file{path};
        EXPECT_EQ(read_file(path), "");
        file.write("snoop_up 1\n");
        EXPECT_EQ(read_file(path), "snoop_up 1\n");
        EXPECT_THAT(names_in(dir), testing::ElementsAre("x.prom"));
    }
    EXPECT_THAT(names_in(dir), testing::IsEmpty());
}

TEST(MetricsFile, IsReplacedAsAWhole)
{
    const TempDir dir;
    MetricsFile file{dir / "x.prom"};
    file.write("one\n");
    const Fd reader{open((dir / "x.prom").c_str(), O_RDONLY | O_CLOEXEC)};
    file.write("two\n");
    EXPECT_EQ(read_all(reader.get()), "one\n");
    EXPECT_EQ(read_file(dir / "x.prom"), "two\n");
}

// Whatever the umask: node_exporter is another user.
TEST(MetricsFile, CanBeReadByEverybody)
{
    const TempDir dir;
    const mode_t before = umask(077);
    const MetricsFile file{dir / "x.prom"};
    umask(before);
    struct stat status {};
    ASSERT_EQ(stat((dir / "x.prom").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0644u);
}

// In a folder that others can write to, its next name may be a link to a file of somebody.
TEST(MetricsFile, WritesToNoLink)
{
    const TempDir dir;
    write_file(dir / "precious", "precious");
    for (const char *name : {"x.prom", "x.prom.new"}) {
        ASSERT_EQ(symlink("precious", (dir / name).c_str()), 0);
        MetricsFile file{dir / "x.prom"};
        file.write("text");
        EXPECT_EQ(read_file(dir / "x.prom"), "text");
        EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(dir / "x.prom")));
    }
    EXPECT_EQ(read_file(dir / "precious"), "precious");
}

TEST(MetricsFile, SaysWhyItCannotBeWritten)
{
    const TempDir dir;
    EXPECT_EQ(error_of([&] { MetricsFile{dir / "none/x.prom"}; }),
              "--metrics-file: cannot write '" + (dir / "none/x.prom") + "': No such file or directory (ENOENT)");
    fs::create_directory(dir / "x.prom");
    EXPECT_EQ(error_of([&] { MetricsFile{dir / "x.prom"}; }),
              "--metrics-file: cannot write '" + (dir / "x.prom") + "': Is a directory (EISDIR)");
    EXPECT_THAT(names_in(dir), testing::ElementsAre("x.prom"));
}

TEST(MetricsFile, KeepsTheLastWholeText)
{
    const TempDir dir;
    MetricsFile file{dir / "x.prom"};
    file.write("whole\n");

    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{100, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const std::string error = error_of([&] { file.write(std::string(1000, 'x')); });
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);

    EXPECT_THAT(error, testing::EndsWith("File too large (EFBIG)"));
    EXPECT_EQ(read_file(dir / "x.prom"), "whole\n");
    EXPECT_THAT(names_in(dir), testing::ElementsAre("x.prom"));
}

} // namespace
} // namespace snoop::snoop_export

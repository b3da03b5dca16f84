// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: the working directory of an exec, in JSON.
#include "contract/contract.hpp"
#include "execsnoop/execsnoop.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::StartsWith;

class WorkingDirectory : public Execsnoop {
protected:
    // The cwd of a program executed as `path` by a child that has changed to that directory.
    Json cwd_after(const Step &go_there, const std::string &path)
    {
        const std::string mark = marker();
        const Ended done = in_child([&] {
            go_there();
            exec_now({.path = path, .argv = {"x", mark}});
        });
        EXPECT_EQ(done.status, 0);
        return tool.row_with(mark)["cwd"];
    }
    Json cwd_in(const std::string &folder)
    {
        return cwd_after([&] { change_to(folder); }, program);
    }
    static void change_to(const std::string &folder)
    {
        if (chdir(folder.c_str()) != 0)
            throw std::runtime_error("chdir " + folder);
    }

    ToolRun tool{"execsnoop", json()};
};

TEST_F(WorkingDirectory, AfterChdir)
{
    EXPECT_EQ(cwd_in("/"), "/");
    EXPECT_EQ(cwd_in(dir.path()), dir.path());
    EXPECT_EQ(cwd_in(dir.folder("a b\nc")), dir.at("a b\nc"));
}

TEST_F(WorkingDirectory, OfFailedExec)
{
    const std::string mark = marker();
    ToolRun failed{"execsnoop", json({"-x"})};

    in_child([&] {
        change_to(dir.path());
        exec_now({.path = "./nothing", .argv = {"x", mark}});
    });
    const Json row = failed.row_with(mark);
    EXPECT_EQ(row["cwd"], dir.path());
    EXPECT_EQ(row["filename"], "./nothing");
}

TEST_F(WorkingDirectory, OnAnotherMount)
{
    const std::string place = dir.folder("mount");

    EXPECT_EQ(cwd_in("/proc/sys/kernel"), "/proc/sys/kernel");
    EXPECT_EQ(cwd_after(
                  [&] {
                      private_mounts();
                      cover(place);
                      if (mkdir((place + "/inner").c_str(), 0755) != 0)
                          throw std::runtime_error("mkdir");
                      change_to(place + "/inner");
                  },
                  program),
              place + "/inner");
}

TEST_F(WorkingDirectory, Deep)
{
    std::string path = dir.path();
    while (path.size() < 3800)
        path += "/" + std::string(90, 'd');
    dir.folder(path.substr(dir.path().size() + 1));
    EXPECT_EQ(cwd_in(path), path);
}

// More components than a program can walk: the lower part is shown with a mark.
TEST_F(WorkingDirectory, TooDeep)
{
    std::string path = dir.path();
    for (int i = 0; i < 120; i++)
        path += fmt::format("/d{}", i);
    dir.folder(path.substr(dir.path().size() + 1));

    const std::string cwd = cwd_in(path);
    EXPECT_THAT(cwd, AllOf(StartsWith(".../d"), EndsWith("/d118/d119")));
    EXPECT_THAT(path, EndsWith(cwd.substr(3)));
    EXPECT_GE(std::count(cwd.begin(), cwd.end(), '/'), 64);
}

} // namespace
} // namespace snoop::test

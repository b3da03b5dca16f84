// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: semaphores, and probes of one process.
#include "attach/uprobe.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <csignal>
#include <functional>
#include <optional>
#include <stdexcept>

namespace snoop::test {
namespace {

using testing::SizeIs;

// A program that waits for lines, and answers each with how many look.
class Guarded {
public:
    explicit Guarded(const std::string &path, const std::function<void()> &before = {})
    {
        auto [to_out, to_in] = make_pipe();
        auto [from_out, from_in] = make_pipe();
        process_.emplace([&, &to_out = to_out, &from_in = from_in] {
            if (before)
                before();
            dup2(to_out.get(), STDIN_FILENO);
            dup2(from_in.get(), STDOUT_FILENO);
            execl(path.c_str(), "guarded", nullptr);
        });
        to_ = std::move(to_in);
        from_ = std::move(from_out);
    }

    int looking() const
    {
        char text[64] = "";
        if (write(to_.get(), "\n", 1) != 1 || read(from_.get(), text, sizeof(text) - 1) < 2)
            throw std::runtime_error("the guarded program does not answer");
        return std::stoi(text);
    }
    pid_t pid() const { return process_->pid(); }

private:
    Fd to_, from_;
    std::optional<Process> process_;
};

class UsdtGuarded : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    TempDir dir;
    const std::string path = target(dir, GetParam());
};

INSTANTIATE_TEST_SUITE_P(, UsdtGuarded, testing::Values("usdt_guarded", "usdt_guarded_fixed"),
                         [](const auto &name) { return name.param; });

TEST_P(UsdtGuarded, TheSemaphoreIsUpWhileItLooks)
{
    const Guarded before{path};
    EXPECT_EQ(before.looking(), 0);
    {
        ToolRun tool{"usdtsnoop", {"-o", "json", path + ":snooptest:guarded"}};
        EXPECT_EQ(before.looking(), 1);
        EXPECT_EQ(Guarded{path}.looking(), 1); // one that starts later
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(tool.rows(), SizeIs(2)) << tool.err();
    }
    EXPECT_EQ(before.looking(), 0);
}

TEST_P(UsdtGuarded, TheSemaphoreGoesDownWhenTheToolIsKilled)
{
    const Guarded program{path};
    ToolRun tool{"usdtsnoop", {path + ":snooptest:guarded"}};

    EXPECT_EQ(program.looking(), 1);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return program.looking() == 0; }));
}

TEST_P(UsdtGuarded, OfOneProcessOnly)
{
    const Guarded one{path}, other{path};
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(one.pid()), path + ":snooptest:guarded"}};

    EXPECT_EQ(other.looking(), 0);
    EXPECT_EQ(one.looking(), 1);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["pid"], one.pid());
    EXPECT_EQ(one.looking(), 0);
}

// Each pattern in each process. Without a link for all sites of a process (6.10), they are attached one by one.
TEST_P(UsdtGuarded, SeveralPatternsOfProcesses)
{
    const Guarded one{path}, other{path}, third{path};
    ToolRun tool{"usdtsnoop",
                 {"-v", "-o", "json", "-p", std::to_string(one.pid()), "-p", std::to_string(other.pid()),
                  path + ":snooptest:gu*", path + ":*:*d"}};

    EXPECT_EQ(third.looking(), 0);
    EXPECT_EQ(one.looking(), 1);
    EXPECT_EQ(other.looking(), 1);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(2)) << tool.err();
    EXPECT_EQ(tool.rows()[0]["pid"], one.pid());
    EXPECT_EQ(tool.rows()[1]["pid"], other.pid());
    EXPECT_THAT(tool.err(), testing::HasSubstr(has_uprobe_multi_pid() ? "attach: uprobe_multi\n" : "attach: uprobe\n"));
}

// By the name of what the process has mapped; one that is gone from its place, too.
TEST_P(UsdtGuarded, ByWhatAProcessHasMapped)
{
    const Guarded program{path};
    const std::string pid = std::to_string(program.pid());
    ASSERT_EQ(program.looking(), 0); // it runs, and has mapped itself

    for (const bool deleted : {false, true}) {
        if (deleted) {
            ASSERT_EQ(unlink(path.c_str()), 0);
        }
        for (const std::string &name : {GetParam(), std::string{"usdt_g*"}, std::string{"*"}}) {
            ToolRun tool{"usdtsnoop", {"-o", "json", "-p", pid, name + ":snooptest:guarded"}};
            EXPECT_EQ(program.looking(), 1) << name;
            EXPECT_EQ(tool.stop(), 0);
            ASSERT_THAT(tool.rows(), SizeIs(1)) << name;
            EXPECT_EQ(tool.rows()[0]["binary"], path);
        }
        const Outcome listed = run_tool("usdtsnoop", {"-o", "json", "-p", pid, "--list", GetParam()});
        EXPECT_EQ(parse_json(listed.out)["semaphore"], true) << listed.out << listed.err;
    }
}

// The process sees another file system than the tool does.
TEST_P(UsdtGuarded, ByAPathInAnotherRoot)
{
    const std::string above = dir.folder("above"), moved = above + "/moved", bytes = read_file(path);
    const Guarded program{moved, [&] {
                              private_mounts();
                              cover(above, "size=4m,mode=755");
                              write_file(moved, bytes, 0755);
                          }};
    ASSERT_EQ(program.looking(), 0);
    ASSERT_NE(access(moved.c_str(), F_OK), 0);
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(program.pid()), moved + ":snooptest:guarded"}};

    EXPECT_EQ(program.looking(), 1);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["binary"], moved);
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Opens by threads that the kernel adds to a process for io_uring belong to that process.
#include "open_ways.hpp"
#include "opensnoop/opensnoop.hpp"

namespace snoop::test {
namespace {

// By a worker, and by the thread that submits the requests of a polled ring.
TEST(OpensnoopUring, ThreadsHaveTheProcessesName)
{
    SNOOP_NEEDS(uring);
    const TempDir dir;
    const std::string one = dir.file("one", "1");

    for (const bool polled : {false, true}) {
        // Only the process is called so.
        ToolRun tool{"opensnoop", {"-o", "json", "-n", "opener"}};
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "opener");
            const int fd = open_by_uring({.path = one, .flags = O_RDONLY | O_CLOEXEC}, false, !polled, polled);
            if (fd < 0)
                _exit(-fd);
        });
        ASSERT_EQ(done.status, 0) << polled;
        const Json row = tool.row_with(one);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(one), 1u) << tool.out();
        EXPECT_EQ(row["pid"], done.pid);
        EXPECT_EQ(row["comm"], "opener");
        EXPECT_EQ(row["process"], "opener");
        EXPECT_EQ(row["uid"], 0);
        EXPECT_EQ(row["via"], "io_uring");
        EXPECT_EQ(row["flags"], (Json{"O_RDONLY", "O_CLOEXEC"})) << row;
        EXPECT_EQ(row["ret"].get<int>() >= 0, true) << row;
        if (polled) {
            EXPECT_NE(row["tid"], row["pid"]);
        }
    }
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Shared by opensnoop's live tests: opens by a child process that is called opener.
//     ToolRun tool{"opensnoop", {"-n", "opener"}};
//     const pid_t pid = open_all({one});
#pragma once

#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"

#include "kernel/features.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace snoop::test {

using Args = std::vector<std::string>;

// Hooks for tests that are not about hooks. They attach and detach quickly, and the kernel
// never skips their programs.
inline std::string quick_probe() { return kernel::may_preempt_programs() ? "auto" : "raw_tp"; }

class OpensnoopRows : public testing::Test {
protected:
    static std::string text_row(pid_t pid, int fd, int err, std::string_view path)
    {
        return fmt::format("{:<7} {:<16} {:<4} {:<4} {}", pid, "opener", fd, err, path);
    }
    // Opens the paths in a child, in this order. `fds`: what open() returned there.
    pid_t open_all(const std::vector<std::string> &paths, std::vector<int> *fds = nullptr) const
    {
        const auto [out, in] = make_pipe();
        const Ended done = in_child([&, &in = in] {
            prctl(PR_SET_NAME, "opener");
            for (const std::string &path : paths) {
                const int fd = open(path.c_str(), O_RDONLY);
                if (write(in.get(), &fd, sizeof(fd)) != sizeof(fd))
                    _exit(1);
            }
        });
        EXPECT_EQ(done.status, 0);
        for (std::size_t i = 0; i < paths.size(); i++) {
            int fd = 0;
            EXPECT_EQ(read(out.get(), &fd, sizeof(fd)), static_cast<ssize_t>(sizeof(fd)));
            if (fds)
                fds->push_back(fd);
        }
        return done.pid;
    }

    const WithProbe quick{quick_probe()};
    TempDir dir;
    const std::string one = dir.file("one", "1");
};

} // namespace snoop::test

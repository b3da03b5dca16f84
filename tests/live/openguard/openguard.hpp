// SPDX-License-Identifier: BSD-2-Clause
// Shared by openguard's live tests: opens by a child process, and the tool with its guards.
//     EXPECT_EQ(by_child([&] { return open_it(path); }).err, EPERM);
#pragma once

#include "fixtures.hpp"
#include "hooks.hpp"
#include "open_ways.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {

using Args = std::vector<std::string>;

inline int open_it(const std::string &path, int flags = O_RDONLY)
{
    return open_call(Opener::openat, {.path = path, .flags = flags});
}

// The result of an open by a child: 0 or errno.
struct Result {
    pid_t pid;
    int err;
};
inline Result by_child(const std::function<int()> &opens)
{
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        const int fd = opens();
        _exit(fd >= 0 ? 0 : -fd);
    });
    return {done.pid, done.status >> 8};
}

inline ino_t inode_of(const std::string &path)
{
    struct stat about {};
    return stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

class Openguard : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(lsm); }

    int opens(const std::function<void()> &before = {}) const
    {
        return by_child([&] {
                   if (before)
                       before();
                   return open_it(one);
               })
            .err;
    }
    static std::function<void()> named(const char *comm)
    {
        return [=] { prctl(PR_SET_NAME, comm); };
    }
    static std::function<void()> as(uid_t uid)
    {
        return [=] { become(uid, uid); };
    }

    TempDir dir;
    const std::string one = dir.file("one", "1");
};

} // namespace snoop::test

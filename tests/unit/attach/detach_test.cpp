// SPDX-License-Identifier: BSD-2-Clause
#include "attach/detach.hpp"
#include "base/stop.hpp"

#include "unit/files.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

using testing::HasSubstr;
using testing::Not;

class DetachInTurn : public testing::Test {
protected:
    // Detaches `count` links in a child that takes signals as a tool does. `before` is called before it, `on_detach`
    // with the number that are detached. Returns what is said.
    static std::string detach(std::size_t count, const std::function<void(std::size_t)> &on_detach = {},
                              const std::function<void()> &before = {})
    {
        Pipe err;
        const pid_t pid = fork();

        if (pid == 0) {
            dup2(err.writes.get(), STDERR_FILENO);
            stop::take_signals("tool");
            stop::begin_tracing();
            if (before)
                before();
            _exit(detach_now(count, on_detach) ? 0 : 1);
        }
        err.writes.reset();
        const std::string said = read_all(err.reads.get());
        int status = -1;
        waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0) << "programs still count while links are detached, or a link is left";
        return said;
    }

private:
    static bool detach_now(std::size_t count, const std::function<void(std::size_t)> &on_detach)
    {
        bool stopped = false, is_right = true;
        std::size_t detached = 0;
        std::vector<Link> links;

        for (std::size_t i = 0; i < count; i++)
            links.emplace_back(std::shared_ptr<void>(nullptr, [&, on_detach](void *) {
                is_right &= stopped;
                detached++;
                if (on_detach)
                    on_detach(detached);
            }));
        {
            const Log log{"tool", 0};
            const Link all = detach_in_turn(log, std::move(links), [&] { stopped = true; });
        }
        return is_right && detached == count;
    }
};

TEST_F(DetachInTurn, SaysNothingOfFew) { EXPECT_EQ(detach(10), ""); }

TEST_F(DetachInTurn, SaysWhatItWaitsFor)
{
    EXPECT_EQ(detach(11), "tool: detaching 11 probes, up to 0.1 s each; Ctrl-C leaves it to a background process\n");
}

TEST_F(DetachInTurn, IgnoresTheSignalThatEndedTheRun)
{
    EXPECT_THAT(detach(20, {}, [] { raise(SIGINT); }), Not(HasSubstr("in the background")));
}

// The links of this process are then closed at once; those of the background process keep the probes.
TEST_F(DetachInTurn, HearsSignals)
{
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const std::string said = detach(20, [signal](std::size_t detached) {
            if (detached == 5)
                raise(signal);
        });
        EXPECT_THAT(said, HasSubstr("detaches the remaining 15 probes in the background\n")) << signal;
    }
}

} // namespace
} // namespace snoop

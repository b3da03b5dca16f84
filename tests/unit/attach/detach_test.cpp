// SPDX-License-Identifier: BSD-2-Clause
#include "attach/detach.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace snoop {
namespace {

using testing::HasSubstr;
using testing::Not;

// Blocks the signals that end a tool, as Loop does, and takes those that are left.
class BlockedSignals {
public:
    BlockedSignals()
    {
        sigemptyset(&set_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            sigaddset(&set_, signal);
        sigprocmask(SIG_BLOCK, &set_, &before_);
    }
    ~BlockedSignals()
    {
        const timespec at_once{};
        while (sigtimedwait(&set_, nullptr, &at_once) > 0)
            ;
        sigprocmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t set_{}, before_{};
};

class DetachInTurn : public testing::Test {
protected:
    // Detaches `count` links. `on_detach` is called with the number that are detached. Returns what is said.
    std::string detach(std::size_t count, const std::function<void(std::size_t)> &on_detach = {})
    {
        std::size_t detached = 0;
        std::vector<Link> links;

        for (std::size_t i = 0; i < count; i++)
            links.emplace_back(std::shared_ptr<void>(nullptr, [&, on_detach](void *) {
                EXPECT_TRUE(stopped) << "programs still count while links are detached";
                detached++;
                if (on_detach)
                    on_detach(detached);
            }));
        testing::internal::CaptureStderr();
        {
            const Log log{"tool", false};
            const Link all = detach_in_turn(log, std::move(links), [this] { stopped = true; });
        }
        EXPECT_EQ(detached, count);
        return testing::internal::GetCapturedStderr();
    }

    BlockedSignals blocked;
    bool stopped = false;
};

TEST_F(DetachInTurn, SaysNothingOfFew) { EXPECT_EQ(detach(10), ""); }

TEST_F(DetachInTurn, SaysWhatItWaitsFor)
{
    EXPECT_EQ(detach(11), "tool: detaching 11 probes, up to 0.1 s each; Ctrl-C leaves it to a background process\n");
}

TEST_F(DetachInTurn, IgnoresTheSignalThatEndedTheRun)
{
    raise(SIGINT);
    EXPECT_THAT(detach(20), Not(HasSubstr("in the background")));
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

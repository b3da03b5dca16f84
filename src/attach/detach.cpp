// SPDX-License-Identifier: BSD-2-Clause
#include "attach/detach.hpp"

#include <sys/types.h>

#include <csignal>
#include <ctime>
#include <memory>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t few = 10; // detached within about a second

// Takes one of the signals that end a tool, if it is pending.
bool take_signal()
{
    constexpr timespec at_once{};
    sigset_t set;

    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaddset(&set, signal);
    return sigtimedwait(&set, nullptr, &at_once) > 0;
}

class LinksInTurn {
public:
    LinksInTurn(const Log &log, std::vector<Link> links, std::function<void()> stop)
        : log_(log), links_(std::move(links)), stop_(std::move(stop))
    {}
    LinksInTurn(const LinksInTurn &) = delete;
    LinksInTurn &operator=(const LinksInTurn &) = delete;

    ~LinksInTurn()
    {
        stop_();
        if (links_.size() > few) {
            // The signal that ended the run is still pending.
            while (take_signal())
                ;
            log_.line("detaching {} probes, up to 0.1 s each; Ctrl-C leaves it to a background process", links_.size());
        }
        while (!links_.empty() && !(links_.size() > few && take_signal() && leave()))
            links_.pop_back();
    }

private:
    // Starts a process that holds the links. Even when it is killed, the kernel detaches them one by one.
    bool leave()
    {
        const pid_t holder = fork();

        if (holder == 0) {
            setsid();
            for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
                close(fd);
            _exit(0);
        }
        if (holder < 0)
            return false;
        log_.line("process {} detaches the remaining {} probes in the background", holder, links_.size());
        links_.clear();
        return true;
    }

    const Log &log_;
    std::vector<Link> links_;
    std::function<void()> stop_;
};

} // namespace

Link detach_in_turn(const Log &log, std::vector<Link> links, std::function<void()> stop)
{
    return Link{std::make_shared<LinksInTurn>(log, std::move(links), std::move(stop))};
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "attach/detach.hpp"
#include "base/fd.hpp"
#include "base/stop.hpp"

#include <sys/types.h>

#include <array>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t few = 10; // detached within about a second

// Leaves the links to a process, which is the last one to hold them. Even when it is killed, the kernel detaches
// them one by one.
bool leave(const Log &log, std::vector<Link> &links)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    const Fd released{ends[0]};
    Fd held{ends[1]};
    const stop::ForkGuard no_signals;
    const pid_t holder = fork();

    if (holder == 0) {
        char byte = 0;
        setsid();
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            close(fd);
        held.reset();
        [[maybe_unused]] const ssize_t n = read(released.get(), &byte, 1);
        _exit(0);
    }
    if (holder < 0)
        return false;
    log.line("process {} detaches the remaining {} probes in the background", holder, links.size());
    links.clear();
    return true;
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
        detach_until_overdue(log_, links_);
    }

private:
    const Log &log_;
    std::vector<Link> links_;
    std::function<void()> stop_;
};

} // namespace

void detach_until_overdue(const Log &log, std::vector<Link> &links)
{
    const unsigned signals = stop::count();

    if (links.size() > few)
        log.line("detaching {} probes, up to 0.1 s each; Ctrl-C leaves it to a background process", links.size());
    stop::set_detaching(true);
    while (!links.empty()) {
        const bool must_end = links.size() > few && (stop::overdue() || stop::count() > signals);
        if (!must_end || !leave(log, links))
            links.pop_back();
    }
    stop::set_detaching(false);
}

Link detach_in_turn(const Log &log, std::vector<Link> links, std::function<void()> stop)
{
    return Link{std::make_shared<LinksInTurn>(log, std::move(links), std::move(stop))};
}

} // namespace snoop

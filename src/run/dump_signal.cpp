// SPDX-License-Identifier: BSD-2-Clause
#include "run/dump_signal.hpp"
#include "base/error.hpp"
#include "kernel/system.hpp"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace snoop {

DumpSignal::DumpSignal()
{
    sigset_t usr1;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, nullptr);
    fd_ = Fd{signalfd(-1, &usr1, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd_)
        throw Error{exit_runtime, "cannot wait for SIGUSR1: {}", describe_errno(errno)};
}

void DumpSignal::look(int clock)
{
    signalfd_siginfo info{};

    if (read(fd_.get(), &info, sizeof(info)) == sizeof(info))
        noted_ns_ = static_cast<std::uint64_t>(kernel::clock_ns(clock));
}

bool DumpSignal::take() noexcept { return std::exchange(noted_ns_, std::nullopt).has_value(); }

bool DumpSignal::take_before(std::uint64_t ts_ns, int clock)
{
    constexpr std::size_t interval = 64; // records

    if (++records_ % interval == 0)
        look(clock);
    return noted_ns_ && ts_ns > *noted_ns_ && take();
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "run/dump_signal.hpp"
#include "base/error.hpp"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

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

bool DumpSignal::came() const
{
    signalfd_siginfo info{};

    return read(fd_.get(), &info, sizeof(info)) == sizeof(info);
}

} // namespace snoop

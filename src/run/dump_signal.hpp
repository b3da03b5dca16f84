// SPDX-License-Identifier: BSD-2-Clause
// SIGUSR1, which asks a flight recorder for what it holds.
//     const DumpSignal dump;
//     loop.watch_input(dump.fd());
//     if (dump.came()) …
#pragma once

#include "base/fd.hpp"

namespace snoop {

class DumpSignal {
public:
    // From here on the signal does not end the process. Throws Error (exit 1).
    DumpSignal();

    // Readable once it has come.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    // Whether it has come since the last call.
    [[nodiscard]] bool came() const;

private:
    Fd fd_;
};

} // namespace snoop

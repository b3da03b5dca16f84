// SPDX-License-Identifier: BSD-2-Clause
// SIGUSR1, which asks a flight recorder for what it holds.
//     DumpSignal dump;
//     loop.watch_input(dump.fd());
//     dump.look(CLOCK_BOOTTIME);
//     if (dump.take()) …
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace snoop {

class DumpSignal {
public:
    // From here on the signal does not end the process. Throws Error (exit 1).
    DumpSignal();

    // Readable once it has come.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    // Notes that it has come, and when by the clock of the records.
    void look(int clock);
    // Whether one was noted, which is forgotten then.
    bool take() noexcept;
    // As take(), for one that was noted before the record of this time. Called for each record, it looks now and then,
    // so that a flood of later records does not push out those from before the signal.
    bool take_before(std::uint64_t ts_ns, int clock);

private:
    Fd fd_;
    std::optional<std::uint64_t> noted_ns_;
    std::size_t records_ = 0;
};

} // namespace snoop

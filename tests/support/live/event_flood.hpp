// SPDX-License-Identifier: BSD-2-Clause
// Events at full rate: a process on each CPU makes one after the
// other and counts them.
//     EventFlood flood{opens_of(path), 20'000};       // each process makes so many
//     const std::uint64_t made = flood.wait();
//     EventFlood endless{execs_of(program)};          // until stop()
#pragma once

#include "process.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace snoop::test {

// The name of the processes, for a filter.
constexpr const char *flooder = "flooder";

// Makes one event in the calling process, or ends the process.
using Event = std::function<void()>;

// Opens a file that does not exist.
Event opens_of(const std::string &path);
// Executes a program that exits with 0.
Event execs_of(const std::string &program);
// Executes a program that does not exist.
Event failing_execs_of(const std::string &program);

class EventFlood {
public:
    explicit EventFlood(const Event &event, std::uint64_t times = std::numeric_limits<std::uint64_t>::max());
    ~EventFlood();
    EventFlood(const EventFlood &) = delete;
    EventFlood &operator=(const EventFlood &) = delete;

    // The number of events so far, of all processes.
    [[nodiscard]] std::uint64_t made() const;
    // Waits for so many more events; throws after limit().
    void wait_for(std::uint64_t more) const;
    // Waits until all have ended; returns the number of events. Throws if one failed.
    std::uint64_t wait();
    // Each process ends after its current event.
    std::uint64_t stop();

private:
    struct Shared;
    Shared *shared_;
    std::vector<Process> processes_;
};

} // namespace snoop::test

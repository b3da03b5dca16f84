// SPDX-License-Identifier: BSD-2-Clause
// Events as fast as the processors go: a process on each of them, that makes one after the
// other and counts them.
//     Flood flood{opens_of(path), 20'000};       // each process makes so many
//     const std::uint64_t made = flood.wait();
//     Flood endless{execs_of(program)};          // until stop()
#pragma once

#include "process.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace snoop::test {

// The processes' name, for a filter.
constexpr const char *flooder = "flooder";

// One event, made by the process that calls it. It must end the process if it cannot.
using Event = std::function<void()>;

// A file that is not there is looked for.
Event opens_of(const std::string &path);
// A program is executed and ends with 0.
Event execs_of(const std::string &program);
// A program that is not there.
Event failing_execs_of(const std::string &program);

class Flood {
public:
    explicit Flood(const Event &event, std::uint64_t times = std::numeric_limits<std::uint64_t>::max());
    ~Flood();
    Flood(const Flood &) = delete;
    Flood &operator=(const Flood &) = delete;

    // How many events were made until now, all processes together.
    [[nodiscard]] std::uint64_t made() const;
    // Waits until so many more were made than now; throws after limit().
    void wait_for(std::uint64_t more) const;
    // Waits for the end of all; returns how many they have made. Throws if one failed.
    std::uint64_t wait();
    // Each ends behind the event that it is making.
    std::uint64_t stop();

private:
    struct Shared;
    Shared *shared_;
    std::vector<Process> processes_;
};

} // namespace snoop::test

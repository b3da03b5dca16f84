// SPDX-License-Identifier: BSD-2-Clause
// A process that does everything that a tool traces, in several threads at once: it opens files, with
// calls and io_uring, executes, fails, creates namespaces, and waits to open a FIFO. It is killed in
// the middle of it.
//     {
//         const Stress stress;
//         stress.wait_for(20);
//     }                                 // killed
#pragma once

#include "fixtures.hpp"
#include "process.hpp"

#include <optional>
#include <string>

namespace snoop::test {

class Stress {
public:
    Stress();
    ~Stress();
    Stress(const Stress &) = delete;
    Stress &operator=(const Stress &) = delete;

    // Waits until each thread has done so many rounds. Throws after limit().
    void wait_for(unsigned rounds) const;

private:
    struct Shared;
    TempDir dir_;
    Shared *shared_;
    std::optional<Process> process_;
};

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// A process that does all that a tool looks at, in several threads at once: it opens, by calls
// and by io_uring, executes, fails, makes namespaces, waits in the open of a FIFO. It dies in
// the midst of all that.
//     {
//         const Turmoil turmoil;
//         turmoil.wait_for(20);
//     }                                 // killed
#pragma once

#include "fixtures.hpp"
#include "process.hpp"

#include <optional>
#include <string>

namespace snoop::test {

class Turmoil {
public:
    Turmoil();
    ~Turmoil();
    Turmoil(const Turmoil &) = delete;
    Turmoil &operator=(const Turmoil &) = delete;

    // Until each thread has been around so often. Throws after limit().
    void wait_for(unsigned rounds) const;

private:
    struct Shared;
    TempDir dir_;
    Shared *shared_;
    std::optional<Process> process_;
};

} // namespace snoop::test

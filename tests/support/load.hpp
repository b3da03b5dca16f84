// SPDX-License-Identifier: BSD-2-Clause
// Helper programs for a test, where no program of the system does what is needed: the test
// binary executes itself as another program. main() in load.cpp dispatches to it.
//     const Load threads{"threads", [](const std::vector<std::string> &args) { …; return 3; }};
//     run(threads.exec({"one", "two"}));       // or Start{.env = threads.env()}, as a tool's CMD
#pragma once

#include "process.hpp"

#include <map>
#include <string>
#include <vector>

namespace snoop::test {

class Load {
public:
    using Body = int (*)(const std::vector<std::string> &args); // returns the exit code

    // Declared at namespace scope, so that main() finds it.
    Load(std::string name, Body body);

    // The arguments that execute it from this process.
    [[nodiscard]] Exec exec(const std::vector<std::string> &args = {}) const;
    // The environment that makes the test binary, self(), this program.
    [[nodiscard]] std::map<std::string, std::string> env() const { return {{"SNOOP_LOAD", name_}}; }

    // The test binary.
    static std::string self();

private:
    std::string name_;
};

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// The options of execsnoop, set by main.cpp and used by the rows and programs.
//     Options options;
//     ExecSink sink{session, options};
#pragma once

#include "attach/failed_execs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace snoop::execsnoop {

struct Options {
    bool failed = false, quote = false, exit = false, tree = false;
    std::vector<Condition<std::string>> words;
    std::vector<std::string> env; // names of variables
    bool env_diff = false;
    std::uint32_t max_args = 64 << 10;
    FailureProbe probe = FailureProbe::automatic;
};

} // namespace snoop::execsnoop

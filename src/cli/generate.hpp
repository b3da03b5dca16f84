// SPDX-License-Identifier: BSD-2-Clause
// Texts that are written from the definitions of options: --help, the OPTIONS of a manual page
// and the completions of three shells. `NAME --generate KIND` prints all but the first.
//     throw Done{help_text(info, options, takes_command)};
#pragma once

#include "cli/option.hpp"
#include "cli/options.hpp"

#include <deque>
#include <string>

namespace snoop {

// All that is known of a command line.
struct Definitions {
    const ToolInfo &info;
    const std::deque<Option> &options;
    bool takes_command; // `-- COMMAND ARGS…`
};

// At most 80 columns.
std::string help_text(const Definitions &cli);
// roff, from ".SH OPTIONS" on, in the macros of man(7).
std::string man_options(const Definitions &cli);
std::string bash_completion(const Definitions &cli);
std::string zsh_completion(const Definitions &cli);
std::string fish_completion(const Definitions &cli);

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// The words of a script that name something that must be found: modules of Python, commands of a shell.
//     imports_of("import os, nosuch\n");        // {"os", "nosuch"}
//     commands_of("set -e\nnosuch | sort\n");   // {{"nosuch", 2}, {"sort", 2}}
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_why {

// The first part of the name of each module that is imported without a condition, except those that are in Python.
std::vector<std::string> imports_of(std::string_view text);

struct ShellCommand {
    std::string name;
    std::size_t line = 0;
    bool operator==(const ShellCommand &) const = default;
};

// Words where a command stands, without those with a slash, builtins, functions and what the shell computes.
std::vector<ShellCommand> commands_of(std::string_view text);

// The number of the line that includes the file with this path, as does `#include <sys/foo.h>`; nothing if there is
// none, or if the text asks for it with __has_include.
std::optional<std::size_t> line_that_includes(std::string_view text, std::string_view path);

// The text of a regular file, as far as a script is long; nothing if it cannot be read.
std::optional<std::string> read_script(const std::string &path);

} // namespace snoop::snoop_why

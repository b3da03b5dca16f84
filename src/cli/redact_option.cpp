// SPDX-License-Identifier: BSD-2-Clause
// --redact, of all tools that show what processes do.
#include "base/redact.hpp"
#include "cli/cli.hpp"

#include <memory>

namespace snoop {

void Cli::add_redact()
{
    section_ = Section::output;
    each(
        "--redact", "REGEX",
        [this](std::string_view name, const std::string &value) {
            if (!common_.redactor)
                common_.redactor = std::make_shared<Redactor>();
            common_.redactor->add(name, value);
        },
        "Write *** for what matches REGEX, or for passwords: secrets")
        .manual("Write *** in place of what matches REGEX, an extended regular expression (regex(7)), in the names, "
                "paths, arguments and variables of the processes, in what is printed and in the file of --record. If "
                "REGEX has a group in parentheses, what comes before the first group stays: `pin=([0-9]+)` writes "
                "pin=***. The word `secrets` stands for passwords, tokens and keys: see REDACTION. May be given "
                "several times.");
    section_ = Section::own;
}

} // namespace snoop

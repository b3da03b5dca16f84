// SPDX-License-Identifier: BSD-2-Clause
// The kinds of reasons why a program failed, each found by itself in what is known of it. Each is a sentence that rests
// on rows; what files say now is in the lines below it, or in the sentence behind a colon or in parentheses.
//     for (const Reason &reason : reasons_of(failed)) …
#pragma once

#include "snoop-why/case.hpp"

#include <optional>
#include <vector>

namespace snoop::snoop_why {

// A signal killed it: whose, or the kernel's for lack of memory.
std::optional<Reason> killed(const Case &failed);

// Commands that it could not execute: not found, not permitted, or not a program.
std::vector<Reason> execs_that_failed(const Case &failed);

// Files that it did not find, a name that it looked for in several directories being one reason. Libraries are others.
std::vector<Reason> files_not_found(const Case &failed);

// Files that were not permitted, and those that no disk, descriptor or file system had room for.
std::vector<Reason> files_refused(const Case &failed);

// A module that a Python program imports, and that none of the directories has that it has listed.
std::optional<Reason> module_not_found(const Case &failed);

// A command that a shell did not find without trying to execute one.
std::optional<Reason> command_not_found(const Case &failed);

// A file that the program read and that includes the one that is missing: "src/a.c:3". Nothing if none does.
std::optional<std::string> includer_of(const Case &failed, const Reason &missing);

// All of these: those of files that the command line names first, then the last one.
struct Reasons {
    std::vector<Reason> found;
    // A program may look for files that it can do without, and then fail by itself.
    std::vector<Reason> possible;
    // The program seems to have done without these.
    std::vector<Reason> others;
};
Reasons reasons_of(const Case &failed);

} // namespace snoop::snoop_why

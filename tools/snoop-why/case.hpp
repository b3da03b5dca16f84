// SPDX-License-Identifier: BSD-2-Clause
// A program that failed, with what is known of it, and a reason that one of the functions of reasons.hpp finds in that.
//     const Case failed = case_of(forest, chain.back(), true);
#pragma once

#include "forest/forest.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_why {

struct Case {
    const Forest *forest = nullptr;
    std::size_t index = 0; // of the program
    bool is_live = false;  // the files are those of this system, and may be looked at
    std::uint64_t since_ns = 0;
    // That failed and count, by time. A step of a search that succeeded, and what programs that succeed miss as well,
    // do not.
    std::vector<const FailedExec *> execs;
    std::vector<const Open *> opens;

    [[nodiscard]] const Program &program() const { return forest->programs()[index]; }
};

struct Reason {
    std::uint64_t ts_ns = 0; // of the last event that it rests on
    std::string text;        // "cat (pid 42) found no /etc/foo.conf"
    std::vector<std::string> more{};
    // Rows that it rests on.
    std::vector<const FailedExec *> execs{};
    std::vector<const Open *> opens{};
    // It explains the failure by itself, so that nobody need have named the file.
    bool is_certain = false;
};

// Takes only the failures of the program from since_ns on.
Case case_of(const Forest &forest, std::size_t program, bool is_live, std::uint64_t since_ns = 0);

// A program may fail very often: only the last reasons of each kind are worth a look at the files of this system.
constexpr std::size_t most_looked_at = 32;
// Returns the same case, for which nobody looks at files.
Case unseen(const Case &failed);

// "cc1 (pid 42)"
std::string name_of(const Program &program);
std::string name_of(const Event &event);

// The file as an absolute path, as far as it is known.
std::string full_path(const Open &open);
std::string full_path(const FailedExec &exec);

// "/usr/lib/x.h": "x.h" and "/usr/lib". Without a slash, the directory is ".".
std::string_view base_name(std::string_view path);
std::string_view directory_of(std::string_view path);

// The name that a search for this file is about. A linker takes libfoo.so or libfoo.a: for both it is "libfoo".
std::string_view searched_name(std::string_view path);

// "libz.so", "libz.so.1"
bool is_library(std::string_view path);

// "No such file or directory (ENOENT)" for "ENOENT".
std::string error_text(std::string_view name);

// "1 directory", "14 directories"
std::string counted(std::size_t number, std::string_view one, std::string_view many);

} // namespace snoop::snoop_why

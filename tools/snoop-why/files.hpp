// SPDX-License-Identifier: BSD-2-Clause
// Looks at files as they are now, which recordings do not tell.
//     missing_interpreter("/srv/run.sh");           // "/usr/bin/pyhton3"
//     who_denies("/srv/secret/key", "nobody", 4);   // "the directory /srv/secret (mode 0700, owner root)"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_why {

// A file that another one needs to run and that does not exist: the interpreter that a script names, or the loader of
// an ELF program. `is_loader` says which of both it is.
struct Interpreter {
    std::string path;
    bool is_loader = false;
};
std::optional<Interpreter> missing_interpreter(const std::string &file);

// The file that runs another one, if it names one; otherwise empty.
std::string interpreter_of(const std::string &file);

// The part of a path that denies: a directory without x for the user, or the file without the bits of `wanted` (4 read,
// 2 write, 1 execute). Nothing if their modes do not.
std::optional<std::string> who_denies(const std::string &path, std::string_view user, unsigned wanted);

// "the directory /srv/app does not exist", "/srv/app is a link to app-2, which does not exist"; empty if only the file
// itself does not exist. One that exists by now may have been created since, or be outside of the program's root.
std::string why_missing(const std::string &path);

// Part of a path that is a file where a directory is needed.
std::optional<std::string> file_on_the_way(const std::string &path);

bool exists(const std::string &path);
bool is_noexec(const std::string &path);

// "no free inodes", "no free blocks", of the file system of a path; empty if there are some.
std::string lack_of_room(const std::string &path);

// The architecture of an ELF file that is not this one's; empty otherwise.
std::string foreign_machine(const std::string &file);

// Paths of files in these directories whose names look like that one, at most three, most similar first.
std::vector<std::string> near_files(const std::vector<std::string> &directories, std::string_view name);

// "there is git, gist"; empty if there is none.
std::string near_phrase(const std::vector<std::string> &near);

// The directories of a list such as $PATH.
std::vector<std::string> directories_of_path(std::string_view path);

} // namespace snoop::snoop_why

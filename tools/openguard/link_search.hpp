// SPDX-License-Identifier: BSD-2-Clause
// Finds files with several hard links below a directory, while its owner may rename what is in it.
//     LinkSearch search{log, [&](int file, const std::string &path) { guard(file, path); }};
//     if (search.run(dir.file.get(), dir.text) == LinkSearch::Result::complete) …
#pragma once

#include "base/fd.hpp"
#include "libbpf/log.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace snoop::openguard {

// Opens each directory relative to the descriptor of the one above it. Never follows a symbolic link and never
// enters another mount, so nothing that is renamed or mounted meanwhile leads the search out of the tree.
class LinkSearch {
public:
    // Called with an O_PATH descriptor, valid during the call, and the path by which the search came, for messages.
    using Found = std::function<void(int file, const std::string &path)>;
    enum class Result {
        complete,
        interrupted, // by a pending signal
        moved,       // a directory was moved while the search was below it
    };

    LinkSearch(const Log &log, Found found) : log_(log), found_(std::move(found)) {}

    // Searches below a directory, given as an O_PATH descriptor. Directories that cannot be read are logged.
    Result run(int dir, const std::string &path);

private:
    struct Level {
        Fd dir{};
        struct stat about {};
        std::size_t path_size = 0; // of the path of this directory
        std::vector<std::string> folders{};
    };

    void enter(int parent, const std::string &name);
    bool read(Level &level);
    void look_at(Level &level, const char *name, unsigned char type);
    bool leave();
    void complain(int err) const;

    const Log &log_;
    Found found_;
    std::string path_;
    std::vector<Level> levels_;
};

} // namespace snoop::openguard

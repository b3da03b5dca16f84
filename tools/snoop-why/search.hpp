// SPDX-License-Identifier: BSD-2-Clause
// Folds the paths that were tried for one name into a phrase.
//     Search search{"foo.h"};
//     search.add("./foo.h"), search.add("/usr/include/foo.h");
//     search.phrase();   // "\"foo.h\" in 2 directories, from ./foo.h to /usr/include/foo.h"
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace snoop::snoop_why {

class Search {
public:
    void add(std::string_view path)
    {
        if (known_.emplace(path).second)
            paths_.emplace_back(path);
    }

    [[nodiscard]] const std::vector<std::string> &paths() const noexcept { return paths_; }
    // The components that all paths end with: "sys/foo.h".
    [[nodiscard]] std::string common_end() const;
    // "/etc/foo.conf" if only one path was tried. Programs and libraries are called by the last component alone.
    [[nodiscard]] std::string phrase(bool by_base_name = false) const;

private:
    std::unordered_set<std::string> known_;
    std::vector<std::string> paths_; // in the order in which they were tried
};

} // namespace snoop::snoop_why

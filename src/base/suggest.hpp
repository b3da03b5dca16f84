// SPDX-License-Identifier: BSD-2-Clause
// For a name that does not exist, those that do and look like it.
//     Suggestions near{"vfs_raed"};
//     for (…) near.see(name);
//     throw Error{exit_usage, "no function '{}'{}", text, near.hint()};   // "; did you mean vfs_read?"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

class Suggestions {
public:
    explicit Suggestions(std::string_view name) : name_(name) {}

    // A name that exists; each may come more than once.
    void see(std::string_view candidate);

    // The nearest ones, at most three, nearest first.
    [[nodiscard]] std::vector<std::string> names() const;
    // "; did you mean vfs_read or vfs_readv?", empty if none is near.
    [[nodiscard]] std::string hint() const;

private:
    std::string name_;
    std::vector<std::pair<std::size_t, std::string>> best_; // distance, name
};

} // namespace snoop

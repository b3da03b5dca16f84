// SPDX-License-Identifier: BSD-2-Clause
// Suggestions for a name that does not exist: names that do and that look like it.
//     Suggestions suggestions{"vfs_raed"};
//     for (…) suggestions.consider(name);
//     throw Error{exit_usage, "no function '{}'{}", text, suggestions.hint()};   // "; did you mean vfs_read?"
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

    // Takes a name that exists into account; the same name may come more than once.
    void consider(std::string_view candidate);

    // The most similar names, at most three, most similar first.
    [[nodiscard]] std::vector<std::string> names() const;
    // "; did you mean vfs_read or vfs_readv?", empty if no name is similar.
    [[nodiscard]] std::string hint() const;

private:
    std::string name_;
    std::vector<std::pair<std::size_t, std::string>> best_; // distance, name
};

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// Keeps texts, each once.
//     Texts texts;
//     const std::string_view path = texts.keep(row_path);   // as long as `texts`
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace snoop {

class Texts {
public:
    std::string_view keep(std::string_view text)
    {
        if (const auto it = known_.find(text); it != known_.end())
            return *it;
        return *known_.insert(kept_.emplace_back(text)).first;
    }

private:
    std::deque<std::string> kept_; // its elements do not move
    std::unordered_set<std::string_view> known_;
};

} // namespace snoop

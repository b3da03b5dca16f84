// SPDX-License-Identifier: BSD-2-Clause
// The files that rows are read from, one after the other.
//     Input input{{"old.json", "-"}};
//     while (auto chunk = input.read()) …
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_export {

class Input {
public:
    // "-" is stdin, which is also read if there are no files. Throws Error (exit 2) if one cannot be opened.
    // `waits`: that of stdin can, too.
    explicit Input(std::vector<std::string> files, bool waits = false);

    // -1 at the end.
    [[nodiscard]] int fd() const noexcept;
    [[nodiscard]] bool has_ended() const noexcept { return current_ == sources_.size(); }
    // A file waits until it is read; a pipe's writer does not, or must not.
    [[nodiscard]] bool can_wait() const noexcept { return !has_ended() && sources_[current_].can_wait; }
    // "rows.json" or "standard input", for messages.
    [[nodiscard]] const std::string &name() const { return sources_[current_].name; }

    // Reads without waiting: returns nothing if there is nothing now. An empty text is the end of a file.
    // Throws Error (exit 1).
    std::optional<std::string_view> read();
    void next() { current_++; }
    // No more is read.
    void end() { current_ = sources_.size(); }

private:
    struct Source {
        std::string name;
        Fd owned;
        int fd = -1;
        bool can_wait = false;
    };
    std::vector<Source> sources_;
    std::size_t current_ = 0;
    std::string buffer_;
};

} // namespace snoop::snoop_export

// SPDX-License-Identifier: BSD-2-Clause
// Splits what is read into lines. Of a line that is too long only the beginning is kept.
//     splitter.feed(chunk, [](std::string_view line, bool is_cut) { … });
//     splitter.finish(…);   // a last line without a newline
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unistd.h>

namespace snoop {

// A row of execsnoop with all the arguments that the kernel allows is shorter, unless most of its bytes are escaped.
constexpr std::size_t longest_row = std::size_t{16} << 20;

class LineSplitter {
public:
    explicit LineSplitter(std::size_t longest) : longest_(longest) {}

    // Calls take(line, is_cut) for each line that has ended, without its newline.
    template <class Take> void feed(std::string_view chunk, Take take)
    {
        for (auto end = chunk.find('\n'); end != chunk.npos; end = chunk.find('\n')) {
            add(chunk.substr(0, end));
            put(take);
            chunk.remove_prefix(end + 1);
        }
        add(chunk);
    }

    template <class Take> void finish(Take take)
    {
        if (!line_.empty())
            put(take);
    }

    // Whether the line that has not ended yet is too long.
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

private:
    void add(std::string_view part)
    {
        const std::size_t room = longest_ - line_.size();

        is_cut_ = is_cut_ || part.size() > room;
        line_ += part.substr(0, room);
    }

    template <class Take> void put(Take take)
    {
        take(std::string_view{line_}, is_cut_);
        line_.clear();
        is_cut_ = false;
    }

    std::size_t longest_;
    std::string line_;
    bool is_cut_ = false;
};

// Calls take(line) for each line of a file in memory that another program wrote.
template <class Take> void read_all_lines(const Fd &file, Take take)
{
    const auto take_line = [&](std::string_view line, bool) { take(line); };
    LineSplitter lines{longest_row};
    char buffer[4096];
    ssize_t n = 0;

    lseek(file.get(), 0, SEEK_SET);
    while ((n = read(file.get(), buffer, sizeof(buffer))) > 0)
        lines.feed({buffer, static_cast<std::size_t>(n)}, take_line);
    lines.finish(take_line);
}

} // namespace snoop

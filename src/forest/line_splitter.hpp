// SPDX-License-Identifier: BSD-2-Clause
// Splits what is read into lines. Of a line that is too long only the beginning is kept.
//     splitter.feed(chunk, [](std::string_view line, bool is_cut) { … });
//     splitter.finish(…);   // a last line without a newline
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snoop {

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

} // namespace snoop

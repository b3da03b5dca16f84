// SPDX-License-Identifier: BSD-2-Clause
// A tool that prints the rows of a recording that it made.
//     Replay replay{"execsnoop", "make.rec"};
//     read(replay.rows().get(), …);
//     const bool is_whole = replay.finish([&](std::string_view message) { … });
#pragma once

#include "base/fd.hpp"
#include "forest/line_splitter.hpp"

#include <string>
#include <sys/types.h>
#include <sys/wait.h>

namespace snoop {

class Replay {
public:
    // Throws Error: exit 2 unless it is a tool whose rows a Forest takes, and installed.
    Replay(const std::string &tool, const std::string &path);
    ~Replay(); // ends the tool
    Replay(const Replay &) = delete;
    Replay &operator=(const Replay &) = delete;

    [[nodiscard]] const Fd &rows() const noexcept { return rows_; }

    // After the last row: whether the tool has read the recording to its end. take() gets each line of its messages.
    template <class TakeLine> bool finish(TakeLine take)
    {
        wait();
        read_all_lines(messages_, take);
        return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
    }

private:
    void wait();

    Fd messages_, rows_;
    pid_t pid_ = -1;
    int status_ = 0;
};

} // namespace snoop

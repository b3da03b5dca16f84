// SPDX-License-Identifier: BSD-2-Clause
// Takes in what a process writes to two pipes, in a thread of its own: a tool must never
// wait for its test.
//     Reader reader{std::move(out), std::move(err), process.pidfd()};
//     auto line = reader.line_where([](const std::string &l) { return l == "ready"; });
#pragma once

#include "process.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace snoop::test {

class Reader {
public:
    // pidfd stays open as long as this does.
    Reader(Fd out, Fd err, int pidfd);
    ~Reader();
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    std::string out();
    std::string err();

    // The first whole line of `out` that fulfils is_it. Nothing, if it does not come
    // within limit() or before the process's end.
    std::optional<std::string> line_where(const std::function<bool(const std::string &)> &is_it);
    // Waits until `err` holds the text; false as above.
    bool wait_err(std::string_view text);
    // Waits until the process has ended and all that it wrote is here.
    void wait_end();
    // Closes `out`: nobody reads it any more.
    void close_out();

private:
    void read_all();
    // Reads what a pipe holds; false at its end.
    bool take(int fd, std::string &to);

    Fd out_fd_, err_fd_, wake_out_, wake_in_;
    int pidfd_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string out_, err_;
    bool ended_ = false, close_asked_ = false;
    std::thread thread_;
};

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Reads what a process writes to two pipes, in a thread: a tool must never
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
    // pidfd must stay open for the lifetime of the object.
    Reader(Fd out, Fd err, int pidfd);
    ~Reader();
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    std::string out();
    std::string err();

    // The first whole line of `out` for which is_it is true; nullopt if none comes
    // within limit() or before the process's end.
    std::optional<std::string> line_where(const std::function<bool(const std::string &)> &is_it);
    // Waits until `err` contains the text; false as above.
    bool wait_err(std::string_view text);
    // Waits until the process has ended and all its output has been read.
    void wait_end();
    // Closes `out`.
    void close_out();

private:
    void read_all();
    // Reads the contents of a pipe; false at end of file.
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

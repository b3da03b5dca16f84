// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/request_writer.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include "base/write.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <limits>
#include <poll.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;

// Programs that read files line by line, such as the Collector's receivers, take 1 MiB.
constexpr BatchLimits most_in_line{.records = 512, .bytes = 1000 << 10};

} // namespace

// A write waits until there is room: the queue holds one request.
RequestWriter::RequestWriter(RequestFormat format, RowReader reader, Report report)
    : format_(std::move(format)),
      reader_(std::move(reader)),
      report_(std::move(report)),
      queue_(std::numeric_limits<std::size_t>::max(), most_in_line)
{}

void RequestWriter::run()
{
    while (!reader_.has_ended() && !is_closed_) {
        wait();
        heed_signal();
        if (!reader_.has_ended())
            reader_.read([this](std::string record) { queue_.push_anyway(std::move(record), Clock::now()); });
        while (!is_closed_ && queue_.is_ready(Clock::now()))
            write_batch();
    }
    while (!is_closed_ && queue_.size() > 0)
        write_batch();
    count();
}

void RequestWriter::heed_signal()
{
    if (report_ || stop::signal() == 0 || (!reader_.can_wait() && Clock::now() < stop::signal_time() + last_rows))
        return;
    reader_.end([this](std::string record) { queue_.push_anyway(std::move(record), Clock::now()); });
}

void RequestWriter::wait()
{
    // The descriptor of a signal stays readable.
    const bool has_signal = stop::signal() != 0;
    std::array fds{pollfd{reader_.fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0},
                   pollfd{has_signal ? -1 : stop::signal_fd(), POLLIN, 0}};
    Clock::time_point until = Clock::now() + 1h;

    if (const auto ready = queue_.ready_at())
        until = std::min(until, *ready);
    if (has_signal)
        until = std::min(until, stop::signal_time() + last_rows);
    const auto most = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()));
    poll(fds.data(), fds.size(), static_cast<int>(most.count()));
    is_closed_ = (fds[1].revents & (POLLERR | POLLHUP)) != 0;
}

void RequestWriter::write_batch()
{
    const std::size_t rows = queue_.batch_size();

    if (!write(format_.body(queue_, rows) + '\n')) {
        is_closed_ = true;
        return;
    }
    queue_.pop(rows);
    counts_.sent += rows;
    count();
    if (report_)
        report_(counts_);
}

bool RequestWriter::write(const std::string &line)
{
    if (report_)
        return write_for_tool(line);
    if (write_all(STDOUT_FILENO, line.data(), line.size()) == line.size())
        return true;
    if (errno != EPIPE && errno != EINTR)
        throw Error{exit_runtime, "cannot write to standard output: {}", describe_errno(errno)};
    return false;
}

// So much at a time that no write() waits: nobody may read a pipe when the tool has to end.
bool RequestWriter::write_for_tool(const std::string &line)
{
    struct stat status {};
    const bool is_file = fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    std::string_view rest = line;

    while (!rest.empty()) {
        std::array fds{pollfd{STDOUT_FILENO, POLLOUT, 0}, pollfd{STDIN_FILENO, 0, 0}};
        poll(fds.data(), fds.size(), -1);
        if ((fds[1].revents & (POLLERR | POLLHUP)) != 0 && (fds[0].revents & POLLOUT) == 0)
            return false;
        const ssize_t n =
            ::write(STDOUT_FILENO, rest.data(), is_file ? rest.size() : std::min<std::size_t>(rest.size(), PIPE_BUF));
        if (n < 0 && errno == EPIPE)
            return false;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            throw Error{exit_runtime, "cannot write to standard output: {}", describe_errno(errno)};
        rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
    return true;
}

void RequestWriter::count()
{
    counts_.invalid = reader_.invalid();
    counts_.queued = reader_.rows() - counts_.sent - counts_.invalid;
}

} // namespace snoop::snoop_export

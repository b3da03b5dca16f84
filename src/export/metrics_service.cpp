// SPDX-License-Identifier: BSD-2-Clause
#include "export/metrics_service.hpp"
#include "base/error.hpp"
#include "export/protocol.hpp"
#include "metrics/protocol.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// As for RowExport.
constexpr milliseconds ready_within{30'000}, end_within{2000};

void wait_for_input(int fd, milliseconds most)
{
    pollfd ready{fd, POLLIN, 0};

    poll(&ready, 1, static_cast<int>(most.count()));
}

} // namespace

MetricsService::~MetricsService()
{
    if (helper_.socket)
        static_cast<void>(wait_until_closed());
}

bool MetricsService::wait_until_closed() const
{
    std::array<char, 4096> chunk;

    shutdown(helper_.socket.get(), SHUT_WR);
    const auto deadline = Clock::now() + end_within;
    for (auto now = Clock::now(); now < deadline; now = Clock::now()) {
        wait_for_input(helper_.socket.get(), std::chrono::ceil<milliseconds>(deadline - now));
        const ssize_t n = read(helper_.socket.get(), chunk.data(), chunk.size());
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return true;
    }
    return false;
}

// One that was killed a moment before the tool ends is noticed by its status alone.
bool MetricsService::finish()
{
    if (!helper_.socket)
        return !has_failed_;
    const auto status = wait_until_closed() ? exit_status(helper_) : std::nullopt;
    if (status.value_or(0) != 0)
        fail(status);
    helper_.socket.reset();
    return !has_failed_;
}

HelperTask MetricsService::task() const
{
    const MetricsOptions &metrics = options_.metrics;
    HelperTask task{.program = export_program, .option = metrics.option(), .words = {"--feed=metrics"}};

    if (metrics.file.empty())
        task.words.push_back("--metrics=" + metrics.address);
    else
        task.words.push_back("--metrics-file=" + metrics.file);
    task.keeps_user = !metrics.file.empty();
    return task;
}

void MetricsService::start()
{
    const auto deadline = Clock::now() + ready_within;

    helper_ = start_helper(task());
    unwritten_ = metrics_tool_line(info_.name);
    write_lines();
    bool is_open = true;
    while (!is_ready_ && is_open && Clock::now() < deadline) {
        wait_for_input(helper_.socket.get(), ready_within);
        is_open = read_messages();
    }
    if (!is_ready_)
        throw Error{exit_lacks, "{}: snoop-export {} at its start", options_.metrics.option(),
                    is_open ? "did not answer" : how_it_ended(helper_)};
}

void MetricsService::answer()
{
    if (!helper_.socket)
        return;
    if (!read_messages())
        return fail(exit_status(helper_));
    collect();
    write_lines();
}

bool MetricsService::read_messages()
{
    return read_lines(helper_.socket.get(), unread_, [this](std::string_view line) { take_line(line); });
}

void MetricsService::take_line(std::string_view line)
{
    if (const auto failure = parse_message(line); failure && failure->kind == Message::Kind::failed) {
        if (!is_ready_)
            throw Error{static_cast<ExitCode>(failure->number), "{}", failure->text};
        log_.line("snoop-export: {}", failure->text);
        return;
    }
    const auto message = parse_metrics_message(line);
    if (message && message->kind == MetricsMessage::Kind::ready) {
        is_ready_ = true;
        log_.line("metrics: {}", message->text);
    } else if (message) {
        asked_ = message->number;
    }
}

// A question that comes before tracing begins waits for that. One without an answer becomes a metric that says so.
void MetricsService::collect()
{
    const auto number = std::exchange(asked_, std::nullopt);
    MetricSet metrics;

    if (!number)
        return;
    try {
        for (const Collect &one : collects_)
            one(metrics);
    } catch (const Error &error) {
        if (!std::exchange(has_said_error_, true))
            log_.line("{}: {}", options_.metrics.option(), error.what());
        return;
    }
    unwritten_ += metrics_lines(metrics, *number);
}

void MetricsService::write_lines()
{
    while (!unwritten_.empty()) {
        const ssize_t n = write(helper_.socket.get(), unwritten_.data(), unwritten_.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; // the rest follows when the socket is writable; one that is closed is noticed by reading
        unwritten_.erase(0, static_cast<std::size_t>(n));
    }
}

void MetricsService::fail(std::optional<int> status)
{
    helper_.socket.reset();
    has_failed_ = true;
    log_.line("snoop-export {}: metrics are no longer served", how_it_ended(status));
}

} // namespace snoop

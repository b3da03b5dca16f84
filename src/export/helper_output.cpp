// SPDX-License-Identifier: BSD-2-Clause
#include "export/helper_output.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace snoop {
namespace {

// As for --otlp.
constexpr int start_within_ms = 30'000;
constexpr int interval_ms = 100;
constexpr int unread_ms = 20;

} // namespace

void HelperOutput::start()
{
    helper_ = start_output_helper(options_, are_spans_);
    for (int ms = 0; ms < start_within_ms && is_open_ && !is_ready_; ms += interval_ms) {
        wait_for_message(interval_ms);
        read_messages();
    }
    if (!is_ready_)
        throw Error{exit_lacks, "{}: {} {} at its start", output_option(options_), program().name,
                    is_open_ ? "did not answer" : how_it_ended(helper_)};
}

void HelperOutput::read_messages()
{
    if (is_open_)
        is_open_ = read_lines(fd(), unread_, [this](std::string_view line) { take_message(line); });
}

void HelperOutput::take_message(std::string_view line)
{
    const auto message = parse_message(line);

    if (!message)
        return;
    switch (message->kind) {
    case Message::Kind::failed:
        if (!is_ready_)
            throw Error{static_cast<ExitCode>(message->number), "{}", message->text};
        log_.line("{}", message->text);
        has_failed_ = has_ended_ = true;
        break;
    case Message::Kind::ready: is_ready_ = true; break;
    case Message::Kind::end: has_ended_ = true; [[fallthrough]];
    case Message::Kind::so_far: counts_ = message->counts;
    }
}

void HelperOutput::wait_for_message(int ms) const
{
    pollfd ready{fd(), POLLIN, 0};

    poll(&ready, 1, ms);
}

const HelperProgram &HelperOutput::program() const noexcept
{
    return is_report(options_.format) ? report_program : export_program;
}

// A report is written only now. A signal interrupts each poll() that takes longer than its timer.
bool HelperOutput::is_over() const
{
    pollfd output{STDOUT_FILENO, POLLOUT, 0};

    return stop::overdue() &&
           (!is_report(options_.format) || (options_.report.empty() && poll(&output, 1, unread_ms) == 0));
}

std::uint64_t HelperOutput::finish()
{
    shutdown(fd(), SHUT_WR);
    for (read_messages(); is_open_ && !has_ended_ && !is_over(); read_messages())
        wait_for_message(interval_ms);
    if (!is_open_ && !has_ended_) {
        has_failed_ = true;
        log_.line("{} {}: rows are not written", program().name, how_it_ended(helper_));
    }
    if (is_report(options_.format) && is_open_ && !has_ended_) {
        has_failed_ = true;
        log_.line("nobody reads the report: {} waits to write it", program().name);
    }
    helper_.socket.reset();
    return counts_.sent;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "export/otlp_output.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"

#include <chrono>
#include <poll.h>
#include <sys/socket.h>

namespace snoop {
namespace {

// As for --otlp.
constexpr int start_within_ms = 30'000;
constexpr int interval_ms = 100;

} // namespace

void OtlpOutput::start()
{
    helper_ = start_helper(options_, Feed::live, are_spans_);
    for (int ms = 0; ms < start_within_ms && is_open_ && !is_ready_; ms += interval_ms) {
        wait_for_message(interval_ms);
        read_messages();
    }
    if (!is_ready_)
        throw Error{exit_lacks, "-o otlp: snoop-export {} at its start",
                    is_open_ ? "did not answer" : how_it_ended(helper_)};
}

void OtlpOutput::read_messages()
{
    if (is_open_)
        is_open_ = read_lines(fd(), unread_, [this](std::string_view line) { take_message(line); });
}

void OtlpOutput::take_message(std::string_view line)
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

void OtlpOutput::wait_for_message(int ms) const
{
    pollfd ready{fd(), POLLIN, 0};

    poll(&ready, 1, ms);
}

std::uint64_t OtlpOutput::finish()
{
    const auto is_over = [] {
        return stop::signal() != 0 && std::chrono::steady_clock::now() > stop::signal_time() + stop::output_grace;
    };

    shutdown(fd(), SHUT_WR);
    for (read_messages(); is_open_ && !has_ended_ && !is_over(); read_messages())
        wait_for_message(interval_ms);
    if (!is_open_ && !has_ended_) {
        has_failed_ = true;
        log_.line("snoop-export {}: rows are not written", how_it_ended(helper_));
    }
    helper_.socket.reset();
    return counts_.sent;
}

} // namespace snoop

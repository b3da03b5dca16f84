// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/exporter.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;

} // namespace

Exporter::Exporter(const Settings &settings, const Options &options, RowReader reader, Say say, Report report)
    : settings_(settings),
      options_(options),
      reader_(std::move(reader)),
      say_(std::move(say)),
      report_(std::move(report)),
      backlog_(options.queue_bytes, {settings.resource, settings.gzip, settings.spans}, open_spool()),
      client_(settings)
{}

Spool *Exporter::open_spool()
{
    if (options_.spool.empty())
        return nullptr;
    spool_.emplace(options_.spool, Spool::Options{options_.queue_bytes, settings_.spans}, say_);
    if (const std::uint64_t former = spool_->records().former; former > 0)
        say_(fmt::format("{} rows of a former run are in '{}': they are sent first", former, spool_->folder()));
    return &*spool_;
}

// The rows of a pipe are read even if there is no room for them, so that they are counted.
bool Exporter::is_reading() const { return !reader_.has_ended() && !(reader_.can_wait() && backlog_.is_half_full()); }

bool Exporter::run()
{
    for (Time now = Clock::now(); !reader_.has_ended() || backlog_.size() > 0; now = Clock::now()) {
        heed_signal(now);
        if (is_reading())
            read_rows(now);
        backlog_.store(now);
        send_batch(now);
        take_answer(now);
        if (gives_up(now))
            break;
        const std::array fds{stop::signal_fd(), reader_.fd()};
        const std::size_t count = is_reading() ? 2 : 1;
        // The descriptor of a signal stays readable.
        client_.wait(std::span{fds}.subspan(signal_time_ ? 1 : 0, count - (signal_time_ ? 1 : 0)), time_to_wait(now));
    }
    client_.cancel();
    backlog_.retry_later();
    backlog_.store_all();
    counts_.queued = backlog_.own_size();
    counts_.invalid = reader_.invalid();
    count_spooled();
    say_what_is_spooled();
    return counts_.sent + counts_.spooled == reader_.rows() && former_rejected_ == 0 && !is_damaged() &&
           !reader_.has_failed();
}

void Exporter::count_spooled()
{
    if (!spool_)
        return;
    counts_.spooled = spool_->records().own;
    counts_.damaged = spool_->damaged().own;
    counts_.former_queued = spool_->records().former;
    counts_.former_dropped = former_rejected_ + spool_->damaged().former;
}

void Exporter::say_what_is_spooled()
{
    if (const std::uint64_t rows = counts_.spooled + counts_.former_queued; rows > 0)
        say_(fmt::format("{} rows are in '{}': the next run with --otlp-spool sends them", rows, options_.spool));
}

void Exporter::heed_signal(Time now)
{
    if (stop::signal() == 0)
        return;
    signal_time_ = stop::signal_time();
    if (reader_.has_ended() || (!reader_.can_wait() && now < *signal_time_ + last_rows))
        return;
    reader_.end([&](std::string record) { take_record(std::move(record), now); });
    after_input(now);
}

// The receiver gets another chance at once, unless it said when it wants one.
void Exporter::after_input(Time now)
{
    end_time_ = now;
    backlog_.finish();
    backoff_.reset();
    if (retry_at_ && !must_wait_)
        retry_at_ = now;
}

void Exporter::read_rows(Time now)
{
    reader_.read([&](std::string record) { take_record(std::move(record), now); });
    if (reader_.has_ended())
        after_input(now);
}

void Exporter::take_record(std::string record, Time now)
{
    // No more of a file is read than this chunk until there is room.
    if (reader_.can_wait())
        backlog_.push_anyway(std::move(record), now);
    else if (!backlog_.push(std::move(record), now))
        counts_.queue_full++;
}

void Exporter::send_batch(Time now)
{
    if (client_.is_busy() || backlog_.size() == 0)
        return;
    if (retry_at_ ? now < *retry_at_ : !backlog_.is_ready(now))
        return;
    std::optional<Request> request = backlog_.next();
    if (!request) // that on disk is damaged
        return;
    retry_at_.reset();
    if (options_.verbose)
        say_(fmt::format("sending {} of {} rows", request->records, backlog_.size()));
    client_.post(std::move(request->body));
    sending_ = {{}, request->records, request->is_former};
}

void Exporter::take_answer(Time now)
{
    const auto response = client_.take_response();

    if (!response)
        return;
    const Verdict verdict = verdict_of(*response);
    if (verdict.kind == Verdict::Kind::retry)
        return retry_later(verdict, *response, now);
    count_answer(verdict);
    backlog_.pop();
    counts_.invalid = reader_.invalid();
    count_spooled();
    report_(counts_);
    backoff_.reset();
    waiting_since_.reset();
}

void Exporter::retry_later(const Verdict &verdict, const Response &response, Time now)
{
    const double random = std::uniform_real_distribution{}(random_);

    backlog_.retry_later();
    must_wait_ = response.retry_after.has_value();
    retry_at_ = now + backoff_.next(response.retry_after, random);
    say_once(fmt::format("cannot send to {}: {}; trying again", settings_.shown_url, verdict.reason));
}

void Exporter::count_answer(const Verdict &verdict)
{
    const std::uint64_t all = sending_.records;
    const std::uint64_t rejected =
        verdict.kind == Verdict::Kind::rejected ? all : std::min(verdict.rejected_records, all);

    (sending_.is_former ? former_rejected_ : counts_.rejected) += rejected;
    (sending_.is_former ? counts_.former_sent : counts_.sent) += all - rejected;
    if (rejected > 0)
        say_once(fmt::format("{} rejected {} rows, which are dropped: {}", settings_.shown_url, rejected,
                             verdict.reason.empty() ? "no reason given" : verdict.reason));
    else if (!verdict.reason.empty())
        say_once(fmt::format("{} says: {}", settings_.shown_url, verdict.reason));
    else if (!std::exchange(last_said_, "").empty())
        say_(fmt::format("{} accepts rows again", settings_.shown_url));
}

bool Exporter::gives_up(Time now)
{
    if (is_reading()) {
        waiting_since_.reset();
        return false;
    }
    if (!waiting_since_)
        waiting_since_ = now;
    // After a signal, a slow receiver does not get more time with each batch, nor does it when a tool waits.
    const Time since = signal_time_                               ? std::min(*waiting_since_, *signal_time_ + last_rows)
                       : end_time_ && options_.feed == Feed::live ? std::min(*waiting_since_, *end_time_)
                                                                  : *waiting_since_;
    if (now < since + settings_.timeout || backlog_.size() == 0)
        return false;
    say_(fmt::format("giving up: {} did not accept {} rows within {} s{}", settings_.shown_url, backlog_.size(),
                     std::chrono::duration<double>{settings_.timeout}.count(),
                     reader_.has_ended() ? "" : fmt::format("; the rest of {} was not read", reader_.name())));
    return true;
}

std::chrono::milliseconds Exporter::time_to_wait(Time now) const
{
    Time until = now + 1h;

    if (reader_.has_ended() && backlog_.size() == 0)
        return 0ms;
    if (signal_time_ && !reader_.has_ended())
        until = std::min(until, *signal_time_ + last_rows);
    if (waiting_since_)
        until = std::min(until, *waiting_since_ + settings_.timeout);
    if (!client_.is_busy() && backlog_.size() > 0)
        until = std::min(until, retry_at_ ? *retry_at_ : *backlog_.ready_at());
    if (const auto store_at = backlog_.store_at())
        until = std::min(until, *store_at);
    return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(until - now));
}

// Not again for each batch that fails for the same reason.
void Exporter::say_once(std::string line)
{
    if (line != last_said_)
        say_(line);
    last_said_ = std::move(line);
}

} // namespace snoop::snoop_export

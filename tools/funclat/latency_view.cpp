// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/latency_view.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/per_cpu.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <unistd.h>
#include <utility>

namespace snoop::funclat {
namespace {

Caller caller_of(const KeyCounts::Calls &calls, funclat_by by, const Redactor *redactor)
{
    const auto shown = [&](std::string_view comm) { return redactor ? redactor->text(comm) : std::string{comm}; };
    const std::uint64_t who = calls.key.who[0];

    if (by == FUNCLAT_BY_PROCESS)
        return {static_cast<std::uint32_t>(who), {}, shown(calls.comm)};
    if (by == FUNCLAT_BY_THREAD)
        return {static_cast<std::uint32_t>(who >> 32), static_cast<std::uint32_t>(who), shown(calls.comm)};
    char comm[SNOOP_COMM_LEN];
    std::memcpy(comm, calls.key.who, sizeof(comm));
    return {{}, {}, shown(text_of(comm))};
}

} // namespace

bool has_counts(const funclat_stats &sums)
{
    return sums.calls || sums.returned || sums.missed || sums.ended || sums.unwound;
}

LatencyView::LatencyView(Tracer &tracer, LatencyOptions options)
    : tracer_(tracer),
      options_(std::move(options)),
      output_(STDOUT_FILENO),
      banks_{std::vector<funclat_stats>(options_.functions.size()),
             std::vector<funclat_stats>(options_.functions.size())},
      interval_(options_.functions.size()),
      slots_banks_{std::vector<std::vector<std::uint64_t>>(options_.functions.size()),
                   std::vector<std::vector<std::uint64_t>>(options_.functions.size())}
{}

// Adds up all CPUs: the counts of all intervals with this bank, and the longest call of this interval.
funclat_stats LatencyView::read(std::uint32_t function) const
{
    funclat_stats sums{};

    for (const auto &one : read_per_cpu<funclat_stats>(source_.stats, function * 2 + (epoch_ & 1))) {
        for_each_counter(sums, one, [](auto &to, auto from) { to += from; });
        if (one.epoch == epoch_)
            sums.longest_ns = std::max(sums.longest_ns, one.longest_ns);
    }
    return sums;
}

// No program adds to this interval any more.
void LatencyView::end_interval()
{
    auto &bank = banks_[epoch_ & 1];

    seconds_ = std::chrono::duration<double>(ended_ - began_).count();
    for (std::uint32_t i = 0; i < bank.size(); i++) {
        const funclat_stats before = std::exchange(bank[i], read(i));
        interval_[i] = bank[i];
        for_each_counter(interval_[i], before, [](auto &to, auto from) { to -= from; });
    }
    add_unfinished();
    rows_.clear();
    if (!source_.key_stats)
        for (std::uint32_t i = 0; i < interval_.size(); i++)
            rows_.push_back({i, interval_[i], {}});
    if (!source_.is_timed && !source_.key_stats)
        return;
    if (!key_counts_)
        read_slots();
    else
        read_keys();
    if (source_.key_stats)
        add_others();
}

// The slots of each function, which are in an array.
void LatencyView::read_slots()
{
    for (std::uint32_t i = 0; i < interval_.size(); i++) {
        if (interval_[i].returned == 0)
            continue;
        std::vector<std::uint64_t> sums(FUNCLAT_SLOTS);
        for (const auto &one : read_per_cpu<funclat_slots>(source_.slots, i * 2 + (epoch_ & 1)))
            std::ranges::transform(sums, one.counts, sums.begin(), std::plus{});
        std::vector<std::uint64_t> before = std::exchange(slots_banks_[epoch_ & 1][i], sums);
        before.resize(FUNCLAT_SLOTS);
        for (std::uint32_t slot = 0; slot < FUNCLAT_SLOTS; slot++)
            rows_[i].slots.add(slot, sums[slot] - before[slot]);
    }
}

// The slots that are in a hash, and with --by the rows.
void LatencyView::read_keys()
{
    for (KeyCounts::Calls &calls : key_counts_->read(epoch_)) {
        if (!source_.key_stats) {
            rows_[calls.key.function].slots = std::move(calls.slots);
            continue;
        }
        // A call whose caller found no room can have found room for its slot.
        if (calls.counts.calls == 0 && calls.counts.returned == 0)
            continue;
        funclat_stats stats{};
        stats.calls = calls.counts.calls;
        stats.returned = calls.counts.returned;
        stats.sum_ns = calls.counts.sum_ns;
        stats.longest_ns = calls.counts.longest_ns;
        rows_.push_back({calls.key.function, stats, std::move(calls.slots),
                         caller_of(calls, options_.by, tracer_.options().redactor.get())});
    }
}

// The callers that found no room have what is left of the counts of the function.
void LatencyView::add_others()
{
    std::vector<funclat_stats> left = interval_;

    for (const LatencyRow &row : rows_) {
        left[row.function].calls -= row.stats.calls;
        left[row.function].returned -= row.stats.returned;
        left[row.function].sum_ns -= row.stats.sum_ns;
    }
    for (std::uint32_t i = 0; i < left.size(); i++)
        if (left[i].calls > 0 || left[i].returned > 0) {
            rows_.push_back({i, left[i], {}, Caller{}});
            others_ += left[i].calls;
        }
}

void LatencyView::add_unfinished()
{
    if (!unfinished_)
        return;
    for (std::uint32_t i = 0; i < interval_.size(); i++) {
        const UnfinishedCalls::Counts now = unfinished_->of(i);
        const UnfinishedCalls::Counts before = std::exchange(shown_unfinished_[i], now);
        interval_[i].unwound += now.unwound - before.unwound;
        interval_[i].ended += now.ended - before.ended;
    }
}

// Waits for a signal, or until a point in time. Meanwhile the calls of threads that ended make room.
void LatencyView::wait(std::optional<Clock::time_point> until)
{
    using std::chrono::milliseconds;
    constexpr milliseconds tidy_up{1000};
    std::optional<milliseconds> left;

    if (until)
        left = std::max(std::chrono::ceil<milliseconds>(*until - Clock::now()), milliseconds{0});
    if (unfinished_)
        left = std::min(left.value_or(tidy_up), tidy_up);
    if (source_.slow_calls) {
        drain_slow_calls();
        source_.slow_calls->wait(left);
    } else {
        tracer_.loop().wait(left);
    }
    if (unfinished_ && Clock::now() - settled_ >= tidy_up) {
        unfinished_->settle(UnfinishedCalls::When::running);
        settled_ = Clock::now();
    }
}

void LatencyView::drain_slow_calls()
{
    source_.slow_calls->drain(output_.buffer());
    output_.flush();
}

void LatencyView::run(LatencySource source)
{
    Loop &loop = tracer_.loop();

    source_ = std::move(source);
    if (source_.user_calls) {
        unfinished_.emplace(source_.user_calls, source_.threads, options_.functions.size());
        shown_unfinished_.resize(options_.functions.size());
    }
    if (source_.key_stats || (source_.sparse_slots && !source_.slots))
        key_counts_.emplace(source_.key_stats, source_.sparse_slots, source_.reads);
    if (source_.slow_calls)
        source_.slow_calls->watch(loop);
    loop.watch_stdout(output_.fd());
    began_ = Clock::now();
    source_.control({epoch_, 1});
    tracer_.serve_metrics(source_.object, [this](MetricSet &to) { add_metrics(to); });
    tracer_.begin();
    const auto interval = options_.interval_s ? std::optional{std::chrono::duration_cast<Clock::duration>(
                                                    std::chrono::duration<double>(*options_.interval_s))}
                                              : std::nullopt;
    auto next = began_ + interval.value_or(Clock::duration{});
    while (!loop.stopped() && !output_.closed()) {
        wait(interval ? std::optional{next} : std::nullopt);
        if (!interval || loop.stopped() || Clock::now() < next)
            continue;
        ended_ = Clock::now();
        source_.control({epoch_ + 1, 1});
        wait_for_running_programs();
        end_interval();
        show();
        epoch_++;
        began_ = ended_;
        // After a pause, such as SIGSTOP, do not catch up on the intervals in between.
        next = std::max(next + *interval, Clock::now());
    }
    ended_ = Clock::now();
    source_.control({epoch_, 0});
}

int LatencyView::finish()
{
    if (source_.slow_calls) {
        source_.slow_calls->finish(output_.buffer());
        output_.flush();
    }
    if (unfinished_)
        unfinished_->settle(UnfinishedCalls::When::stopped);
    end_interval();
    const bool is_new = std::ranges::any_of(interval_, has_counts);
    if (is_new || !shown_)
        show();
    tracer_.end();
    const int code = print_accounting();
    return tracer_.exit_code(source_.slow_calls ? source_.slow_calls->finish_export(code) : code);
}

EventCounters LatencyView::event_counters() const
{
    EventCounters counters = read_counters(source_.object);

    for (const bpf_map *calls : {source_.calls, source_.user_calls})
        counters.in_flight += calls ? count_entries(calls) : 0;
    // The program on the return can be skipped as well: these calls are counted as missed returns.
    counters.skipped = 0;
    for (const bpf_program *entry : source_.entries)
        counters.skipped += misses_of(entry);
    return counters;
}

SlowCounts LatencyView::slow_counts(const EventCounters &counters) const
{
    return {source_.slow_calls ? source_.slow_calls->printed() : 0,
            counters[SNOOP_LOST_RING] + counters[SNOOP_LOST_NO_BUFFER] + counters[SNOOP_LOST_SIZE]};
}

Accounting LatencyView::accounting(const EventCounters &counters, const funclat_stats &sums) const
{
    return latency_accounting(tracer_.info().name, counters, sums, source_.is_timed, others_, slow_counts(counters));
}

int LatencyView::print_accounting()
{
    const EventCounters counters = event_counters();
    funclat_stats sums{};

    for (const auto &bank : banks_)
        for (const funclat_stats &one : bank)
            for_each_counter(sums, one, [](auto &to, auto from) { to += from; });
    for (const auto &[unwound, ended] : shown_unfinished_) {
        sums.unwound += unwound;
        sums.ended += ended;
    }
    const Accounting sum = accounting(counters, sums);
    sum.print(tracer_.options().format);
    return tracer_.options().strict && (sum.lost() > 0 || sums.missed > 0 || slow_counts(counters).lost > 0)
               ? exit_runtime
               : exit_ok;
}

} // namespace snoop::funclat

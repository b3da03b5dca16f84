// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/latency_view.hpp"
#include "libbpf/event_counters.hpp"
#include "libbpf/per_cpu.hpp"

#include <algorithm>
#include <cstddef>
#include <unistd.h>
#include <utility>

namespace snoop::funclat {
namespace {

// Everything in funclat_stats that only grows, so that intervals are differences.
template <class Each> void for_each_counter(funclat_stats &to, const funclat_stats &from, Each each)
{
    for (const auto counter : {&funclat_stats::calls, &funclat_stats::returned, &funclat_stats::missed,
                               &funclat_stats::ended, &funclat_stats::sum_ns})
        each(to.*counter, from.*counter);
    for (std::size_t slot = 0; slot < FUNCLAT_SLOTS; slot++)
        each(to.slots[slot], from.slots[slot]);
}

std::uint64_t entries_in(const bpf_map *map)
{
    std::vector<std::byte> key(bpf_map__key_size(map));
    const void *previous = nullptr;
    std::uint64_t count = 0;

    for (; bpf_map_get_next_key(bpf_map__fd(map), previous, key.data()) == 0; count++)
        previous = key.data();
    return count;
}

} // namespace

LatencyView::LatencyView(Tracer &tracer, LatencyOptions options)
    : tracer_(tracer),
      options_(std::move(options)),
      output_(STDOUT_FILENO),
      banks_{std::vector<funclat_stats>(options_.functions.size()),
             std::vector<funclat_stats>(options_.functions.size())},
      interval_(options_.functions.size())
{}

// The sum over processors of what was counted in all intervals like this one, and the longest
// call in this one.
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

// No program counts into this interval any more.
void LatencyView::end_interval()
{
    auto &bank = banks_[epoch_ & 1];

    seconds_ = std::chrono::duration<double>(ended_ - began_).count();
    for (std::uint32_t i = 0; i < bank.size(); i++) {
        const funclat_stats before = std::exchange(bank[i], read(i));
        interval_[i] = bank[i];
        for_each_counter(interval_[i], before, [](auto &to, auto from) { to -= from; });
    }
}

void LatencyView::run(LatencySource source)
{
    Loop &loop = tracer_.loop();

    source_ = std::move(source);
    loop.watch_reader(output_.fd());
    began_ = Clock::now();
    source_.control({epoch_, 1});
    tracer_.begin();
    const auto interval = options_.interval_s ? std::optional{std::chrono::duration_cast<Clock::duration>(
                                                    std::chrono::duration<double>(*options_.interval_s))}
                                              : std::nullopt;
    auto next = began_ + interval.value_or(Clock::duration{});
    while (!loop.stopped() && !output_.closed()) {
        if (!interval) {
            loop.wait(std::nullopt);
            continue;
        }
        loop.wait(
            std::max(std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()), std::chrono::milliseconds{0}));
        if (loop.stopped() || Clock::now() < next)
            continue;
        ended_ = Clock::now();
        source_.control({epoch_ + 1, 1});
        wait_for_running_programs();
        end_interval();
        show();
        epoch_++;
        began_ = ended_;
        // After a pause, such as SIGSTOP, there is no queue of intervals to catch up with.
        next = std::max(next + *interval, Clock::now());
    }
    ended_ = Clock::now();
    source_.control({epoch_, 0});
}

int LatencyView::finish()
{
    end_interval();
    const bool is_new = std::ranges::any_of(
        interval_, [](const funclat_stats &sums) { return sums.calls || sums.returned || sums.missed || sums.ended; });
    if (is_new || !shown_)
        show();
    tracer_.end();
    return print_accounting();
}

int LatencyView::print_accounting()
{
    EventCounters counters;
    funclat_stats sums{};

    counters.read_kernel(source_.object);
    for (const auto &bank : banks_)
        for (const funclat_stats &one : bank)
            for_each_counter(sums, one, [](auto &to, auto from) { to += from; });
    // A return that no program was run for is a missed one, so of programs only the entry's.
    const std::uint64_t not_run = misses_of(source_.entry), full = counters.kernel.count[SNOOP_LOST_MAP_FULL];
    const std::uint64_t lost = not_run + full;
    const std::uint64_t seen = counters.kernel.count[SNOOP_SEEN] + not_run;
    const std::uint64_t inside = source_.calls ? entries_in(source_.calls) : 0;
    const auto &count = counters.kernel.count;

    if (tracer_.options().format == Format::json) {
        Buffer line;
        JsonWriter json{line};
        json.begin_object()
            .key("event")
            .value("accounting")
            .key("tool")
            .value(tracer_.info().name)
            .key("seen")
            .value(seen);
        if (source_.calls)
            json.key("returned").value(std::uint64_t{sums.returned});
        else
            json.key("counted").value(std::uint64_t{sums.calls});
        json.key("filtered").value(std::uint64_t{count[SNOOP_FILTERED]}).key("inside").value(inside);
        json.key("missed").value(std::uint64_t{sums.missed}).key("ended").value(std::uint64_t{sums.ended});
        json.key("lost").value(lost).key("lost_by").begin_object().key("state_full").value(full);
        json.key("not_run").value(not_run).end_object();
        json.key("not_followed").value(std::uint64_t{count[SNOOP_DESCENDANTS_LOST]}).end_object();
        line.push_back('\n');
        [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
    } else {
        std::string text =
            source_.calls
                ? fmt::format("seen {} = returned {} + filtered {} + inside {} + missed returns {} + "
                              "ended inside {} + lost {}",
                              seen, sums.returned, count[SNOOP_FILTERED], inside, sums.missed, sums.ended, lost)
                : fmt::format("seen {} = counted {} + filtered {} + lost {}", seen, sums.calls, count[SNOOP_FILTERED],
                              lost);
        if (full > 0)
            text += fmt::format("; lost, state full: {}", full);
        if (not_run > 0)
            text += fmt::format("; lost, not run: {}", not_run);
        if (count[SNOOP_DESCENDANTS_LOST] > 0)
            text += fmt::format("; processes not followed {}", count[SNOOP_DESCENDANTS_LOST]);
        tracer_.log().line("{}", text);
    }
    return tracer_.options().strict && (lost > 0 || sums.missed > 0) ? exit_runtime : exit_ok;
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary of a CountView.
#include "base/error.hpp"
#include "count/count_view.hpp"

#include <utility>
#include <vector>

namespace snoop {

Accounting count_accounting(std::string_view tool, const EventCounters &counters, std::uint64_t counted,
                            std::uint64_t other, bool has_calls)
{
    Accounting sum{tool, counters.seen()};
    std::vector<AccountingItem> causes{{"missed", counters.skipped + counters[SNOOP_MISSED],
                                        "The kernel skipped a program that was already running on that CPU."}};

    sum.add({"counted", counted, "Events counted under a key."});
    sum.add({"filtered", counters.filtered(), "Events that the options exclude."});
    sum.add({"other", other, "Events for whose key, or for its name, there was no room."});
    if (has_calls) {
        causes[0].meaning = "No program ran at the call or at its return.";
        causes.push_back(
            {"map_full", counters[SNOOP_LOST_MAP_FULL], "The map of calls that have not returned had no room."});
    }
    sum.add_lost(std::move(causes));
    if (has_calls)
        sum.add_pending({"in_flight", counters.in_flight, "Calls that had not ended when tracing did.",
                         AccountingItem::unless_zero});
    sum.add_note(descendants_lost(counters));
    sum.add_note(lineages_lost(counters));
    return sum;
}

namespace {

AccountingItem sum_of(const Measure &measure, std::uint64_t count)
{
    return {measure.name, count, measure.meaning,
            measure.title.empty() ? AccountingItem::never : AccountingItem::always};
}

} // namespace

JsonRow describe_count_accounting(std::string_view tool, const CountViewOptions &options,
                                  const std::vector<AccountingItem> &notes)
{
    const Measures &measures = options.measures;
    Accounting sum = count_accounting(tool, {}, 0, 0, options.has_calls);

    for (std::size_t i = 1; i < measures.size(); i++)
        sum.add_note(sum_of(measures[i], 0));
    for (const AccountingItem &note : notes)
        sum.add_note(note);
    return sum.describe();
}

int CountView::print_accounting(const bpf_map *in_flight)
{
    const std::uint64_t other = other_[0].sum;
    const EventCounters counters = read_counters(object_, in_flight);
    Accounting sum = count_accounting(tracer_.info().name, counters, table_.sum(), other, options_.has_calls);

    for (std::size_t i = 1; i < other_.size(); i++)
        sum.add_note(sum_of(options_.measures[i], table_.sum(i) + other_[i].sum));
    if (records_)
        for (const AccountingItem &note : records_->items(counters))
            sum.add_note(note);
    const auto failure = records_ ? records_->failure() : std::nullopt;
    for (const auto &why : {gone_, failure})
        if (why)
            tracer_.log().line("{}", *why);
    if (output_.stuck())
        tracer_.log().line("the last table was not written whole: nobody reads stdout");
    sum.print(tracer_.options().format);
    const bool is_lossy = sum.lost() > 0 || other > 0 || (records_ && records_->is_lossy(counters));
    return gone_ || failure || (tracer_.options().strict && is_lossy) ? exit_runtime : exit_ok;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/latency_accounting.hpp"

namespace snoop::funclat {

Accounting latency_accounting(std::string_view tool, const EventCounters &counters, const funclat_stats &sums,
                              bool is_timed, std::uint64_t others, SlowCounts slow)
{
    Accounting sum{tool, counters.seen()};

    if (is_timed)
        sum.add({.key = "returned",
                 .count = sums.returned,
                 .meaning = "Calls that returned.",
                 .only = "where calls are timed"});
    else
        sum.add({.key = "counted",
                 .count = sums.calls,
                 .meaning = "Calls that began.",
                 .only = "where calls are not timed"});
    sum.add({"filtered", counters.filtered(), "Calls that the options exclude."});
    const auto in_text = is_timed ? AccountingItem::always : AccountingItem::never;
    sum.add_pending({"inside", counters.in_flight, "Calls that had not returned when tracing ended.", in_text});
    sum.add({"missed", sums.missed, "Calls whose return was missed.", in_text, "missed returns"});
    sum.add({"ended", sums.ended, "Calls whose thread ended inside the function.", in_text, "ended inside"});
    const auto if_any = is_timed ? AccountingItem::unless_zero : AccountingItem::never;
    sum.add({"unwound", sums.unwound, "Calls that an exception or longjmp() left without a return.", if_any});
    sum.add({"untimed", sums.untimed, "Calls of functions whose returns cannot be traced.", if_any, "not timed"});
    sum.add_lost({{"map_full", counters[SNOOP_LOST_MAP_FULL], "The map of calls in flight had no room."},
                  {"missed", counters.skipped, "The kernel skipped a program that was already running on that CPU."}});
    sum.add_note({"slow", slow.printed, "Rows of --slower.", AccountingItem::unless_zero, "slow calls printed"});
    sum.add_note({"slow_lost", slow.lost, "Rows of --slower for which the ring had no room.",
                  AccountingItem::unless_zero, "slow calls lost"});
    sum.add_note({"other", others, "Calls with --by whose caller found no room.", AccountingItem::unless_zero,
                  "of other callers"});
    sum.add_note(descendants_lost(counters));
    sum.add_note(lineages_lost(counters));
    return sum;
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "run/row_output.hpp"

namespace snoop {

void RowOutput::flush()
{
    output_.flush();
    if (output_.closed())
        counts_.printed = printed_and_written_; // the rest was discarded
    else
        printed_and_written_ = counts_.printed;
}

Accounting event_accounting(std::string_view tool, const EventCounters &counters, const RowCounts &rows)
{
    Accounting sum{tool, counters.seen()};

    sum.add({"printed", rows.printed}).add({"filtered", counters.filtered() + rows.filtered});
    sum.add_lost({{"ring full", counters[SNOOP_LOST_RING]},
                  {"map full", counters[SNOOP_LOST_MAP_FULL]},
                  {"too large", counters[SNOOP_LOST_SIZE]},
                  {"no buffer", counters[SNOOP_LOST_NO_BUFFER]},
                  {"missed", counters.skipped + counters[SNOOP_MISSED]}});
    sum.add({"after stop", rows.after_stop(), AccountingItem::unless_zero});
    sum.add({"in flight", counters.in_flight, AccountingItem::unless_zero});
    sum.add_note({"truncated", counters[SNOOP_TRUNCATED], AccountingItem::unless_zero});
    sum.add_note({"faulted", counters[SNOOP_FAULTED], AccountingItem::unless_zero});
    sum.add_note({"descendants lost", counters[SNOOP_DESCENDANTS_LOST], AccountingItem::unless_zero});
    return sum;
}

} // namespace snoop

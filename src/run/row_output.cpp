// SPDX-License-Identifier: BSD-2-Clause
#include "run/row_output.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace snoop {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

void RowOutput::flush()
{
    const std::uint64_t rows = counts_.kept - std::exchange(kept_before_, counts_.kept);

    if (kept_ && rows > 0) { // otherwise it is the header
        kept_->add({output_.buffer().data(), output_.buffer().size()}, rows, Clock::now());
        output_.buffer().clear();
    } else {
        write();
    }
}

void RowOutput::write_kept()
{
    flush();
    if (!kept_)
        return;
    kept_->take(Clock::now(), [this](std::string_view lines, std::uint64_t rows) {
        append(output_.buffer(), lines);
        counts_.kept -= rows;
        counts_.printed += rows;
        write();
    });
    kept_before_ = counts_.kept;
}

void RowOutput::write()
{
    try {
        output_.flush();
    } catch (const Error &error) {
        failure_ = error;
    }
    // The header may be among the lines, but then no row is written.
    const std::uint64_t unwritten =
        std::min<std::uint64_t>(output_.unwritten_lines(), counts_.printed - printed_and_written_);
    counts_.printed -= unwritten;
    if (output_.stuck() || failure_)
        counts_.unwritten += unwritten;
    printed_and_written_ = counts_.printed;
    if (export_)
        export_->commit(unwritten);
}

void RowOutput::set_arrived(std::uint64_t rows, bool are_lost)
{
    const std::uint64_t missing = counts_.printed - std::min(rows, counts_.printed);

    counts_.printed -= missing;
    if (are_lost)
        counts_.unwritten += missing;
}

Accounting event_accounting(std::string_view tool, const EventCounters &counters, const RowCounts &rows)
{
    Accounting sum{tool, counters.seen()};

    sum.add({"printed", rows.printed, "Events whose row was printed."});
    sum.add({"filtered", counters.filtered() + rows.filtered, "Events that the options exclude."});
    sum.add_lost({{"ring_full", counters[SNOOP_LOST_RING], "The ring buffer, or the CPU's perf buffer, had no room."},
                  {"map_full", counters[SNOOP_LOST_MAP_FULL],
                   "A map had no room for state that is kept from one hook to the next."},
                  {"too_large", counters[SNOOP_LOST_SIZE], "The event does not fit into the ring buffer."},
                  {"no_buffer", counters[SNOOP_LOST_NO_BUFFER],
                   "The CPU had no perf buffer: it came online after the tool started."},
                  {"missed", counters.skipped + counters[SNOOP_MISSED],
                   "The kernel skipped a program, or did not report the end of a call."}});
    sum.add_pending({"kept", rows.kept, "Events that --keep held and nothing asked for.", AccountingItem::unless_zero});
    sum.add({"unwritten", rows.unwritten, "Events whose row could not be written to standard output.",
             AccountingItem::unless_zero});
    sum.add({"after_stop", rows.after_stop(), "Events that arrived after -c was reached or standard output was closed.",
             AccountingItem::unless_zero});
    sum.add_pending(
        {"in_flight", counters.in_flight, "Calls that had not ended when tracing did.", AccountingItem::unless_zero});
    sum.add_note({"truncated", counters[SNOOP_TRUNCATED], "Printed events of which a part was cut.",
                  AccountingItem::unless_zero});
    sum.add_note({"faulted", counters[SNOOP_FAULTED],
                  "Printed events with a string that could not be read from memory.", AccountingItem::unless_zero});
    sum.add_note(descendants_lost(counters));
    sum.add_note(lineages_lost(counters));
    sum.add_note({"unrecorded", rows.unrecorded, "Records that could not be written to the file of --record.",
                  AccountingItem::unless_zero});
    return sum;
}

} // namespace snoop

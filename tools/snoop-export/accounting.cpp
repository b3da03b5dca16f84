// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/accounting.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace snoop::snoop_export {

std::string as_text(const ExportCounts &counts, std::uint64_t read)
{
    std::string text =
        fmt::format("read {} = sent {} + queued {} + dropped {}", read, counts.sent, counts.queued, dropped(counts));

    for (const auto &[cause, count] : {std::pair<std::string_view, std::uint64_t>{"queue full", counts.queue_full},
                                       {"rejected", counts.rejected},
                                       {"invalid", counts.invalid},
                                       {"spool damaged", counts.damaged}})
        if (count > 0)
            text += fmt::format("; dropped, {}: {}", cause, count);
    for (const auto &[what, count] : {std::pair<std::string_view, std::uint64_t>{"spooled", counts.spooled},
                                      {"sent of former runs", counts.former_sent},
                                      {"queued of former runs", counts.former_queued},
                                      {"dropped of former runs", counts.former_dropped}})
        if (count > 0)
            text += fmt::format("; {} {}", what, count);
    return text;
}

std::string as_text_of_writing(const ExportCounts &counts, std::uint64_t read)
{
    return fmt::format("read {} = written {} + unwritten {} + invalid {}", read, counts.sent, counts.queued,
                       counts.invalid);
}

} // namespace snoop::snoop_export

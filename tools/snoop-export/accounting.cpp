// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/accounting.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace snoop::snoop_export {

std::string as_text(const Accounting &accounting, std::uint64_t read)
{
    std::string text = fmt::format("read {} = sent {} + queued {} + dropped {}", read, accounting.sent,
                                   accounting.queued, accounting.dropped());

    for (const auto &[cause, count] : {std::pair<std::string_view, std::uint64_t>{"queue full", accounting.queue_full},
                                       {"rejected", accounting.rejected},
                                       {"invalid", accounting.invalid}})
        if (count > 0)
            text += fmt::format("; dropped, {}: {}", cause, count);
    return text;
}

} // namespace snoop::snoop_export

// SPDX-License-Identifier: BSD-2-Clause
// The last line on stderr says what became of the rows.
#pragma once

#include "export/protocol.hpp"

#include <cstdint>
#include <string>

namespace snoop::snoop_export {

inline std::uint64_t dropped(const ExportCounts &counts)
{
    return counts.queue_full + counts.rejected + counts.invalid + counts.damaged;
}

// `read` is counted apart from the others, so that the sum says something.
std::string as_text(const ExportCounts &counts, std::uint64_t read);
// If requests are not sent, but written.
std::string as_text_of_writing(const ExportCounts &counts, std::uint64_t read);

} // namespace snoop::snoop_export

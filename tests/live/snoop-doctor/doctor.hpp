// SPDX-License-Identifier: BSD-2-Clause
// The JSON rows of snoop-doctor.
//     rows_of(run_tool("snoop-doctor", {"--programs", "-o", "json"}), "program")
#pragma once

#include "tool_run.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

inline std::vector<Json> rows_of(const Outcome &outcome, std::string_view event)
{
    std::vector<Json> rows;

    for (const std::string &line : outcome.lines())
        if (Json row = parse_json(line); row["event"] == event)
            rows.push_back(std::move(row));
    return rows;
}

} // namespace snoop::test

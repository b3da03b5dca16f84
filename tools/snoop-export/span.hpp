// SPDX-License-Identifier: BSD-2-Clause
// A row of execsnoop --exit as an OTLP span, in the JSON of proto3: a program from its exec to its end or the next one.
// Its id is exec_id, its parent that of parent_exec_id.
//     Spans spans{parse_traceparent(text)};
//     const std::string span = spans.span(row, {.observed_ns = now});
#pragma once

#include "snoop-export/log_record.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace snoop::snoop_export {

// A trace, and the span in it that all others descend from.
struct TraceParent {
    std::string trace_id, span_id; // lower-case hexadecimal digits
};

// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", as https://www.w3.org/TR/trace-context/ defines it.
// Nothing if it is invalid.
std::optional<TraceParent> parse_traceparent(std::string_view text);

class Spans {
public:
    // Without a parent, the spans are a new trace.
    explicit Spans(const std::optional<TraceParent> &parent);

    [[nodiscard]] const std::string &trace_id() const noexcept { return trace_.trace_id; }
    // Throws InvalidRow.
    std::string span(const Row &row, const RecordContext &context);

private:
    // `linked`: a parent that is not in the trace.
    struct Ids {
        std::string own, parent, linked;
    };
    std::string new_id();
    Ids ids_of(const Row &row, bool has_failed);

    std::mt19937_64 random_{std::random_device{}()};
    TraceParent trace_;
    // By pid, the last program of a process whose parent is not in the trace, if it called exec again.
    std::unordered_map<std::uint64_t, std::string> roots_;
};

} // namespace snoop::snoop_export

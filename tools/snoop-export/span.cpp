// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/span.hpp"
#include "base/json.hpp"
#include "snoop-export/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace snoop::snoop_export {
namespace {

constexpr int kind_internal = 1, status_error = 2; // of proto3's enums

bool is_hex(std::string_view text)
{
    return text.find_first_not_of("0123456789abcdef") == text.npos && text.find_first_not_of('0') != text.npos;
}

// The error as the conventions' error.type has it; empty without one.
std::string error_of(const Row &row)
{
    for (const char *key : {"errno", "signal"})
        if (const std::string_view name = text_at(row, key); !name.empty())
            return std::string{name};
    const auto code = number_at(row, "exit_code").value_or(0);
    return code == 0 ? "" : std::to_string(code);
}

std::string name_of(const Row &row)
{
    const std::string_view path = file_of(row).path;
    const std::string_view name = path.substr(path.rfind('/') + 1);

    return std::string{name.empty() ? text_at(row, "comm") : name};
}

void put_status(JsonWriter &to, const Row &row, const std::string &error)
{
    if (error.empty())
        return;
    to.key("status").begin_object().key("code").value(status_error).key("message");
    if (!text_at(row, "signal").empty())
        to.value("killed by " + error);
    else
        to.value(text_at(row, "errno").empty() ? "exit code " + error : error);
    to.end_object();
}

// The ids of a span that is not this one's parent, but has to do with it.
void put_link(JsonWriter &to, std::string_view trace_id, std::string_view span_id)
{
    to.key("links").begin_array().begin_object();
    to.key("traceId").value(trace_id).key("spanId").value(span_id);
    to.end_object().end_array();
}

// A process that has ended has either a code or a signal.
bool calls_exec_again(const Row &row)
{
    return number_at(row, "duration_ns") && !number_at(row, "exit_code") && text_at(row, "signal").empty();
}

std::pair<std::uint64_t, std::uint64_t> times_of(const Row &row, bool has_failed, std::uint64_t observed_ns)
{
    const std::uint64_t begin = time_ns(text_at(row, "time"));
    const auto duration = number_at(row, "duration_ns");

    if (begin == 0)
        throw InvalidRow{"no time"};
    const bool still_runs = !duration && !has_failed;
    return {begin, still_runs ? std::max(begin, observed_ns) : begin + duration.value_or(0)};
}

} // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text)
{
    constexpr std::size_t size = 55; // later versions may add more after a hyphen
    const auto part = [&](std::size_t from, std::size_t length) { return text.substr(from, length); };

    if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return std::nullopt;
    const bool has_more = text.size() > size;
    const std::string_view version = part(0, 2);
    if (version == "ff" || (version != "00" && !is_hex(version)) || (has_more && (version == "00" || text[55] != '-')))
        return std::nullopt;
    if (!is_hex(part(3, 32)) || !is_hex(part(36, 16)) || (part(53, 2) != "00" && !is_hex(part(53, 2))))
        return std::nullopt;
    return TraceParent{std::string{part(3, 32)}, std::string{part(36, 16)}};
}

Spans::Spans(const std::optional<TraceParent> &parent)
{
    if (parent)
        trace_ = *parent;
    else
        trace_.trace_id = new_id() + new_id();
}

std::string Spans::new_id() { return fmt::format("{:016x}", std::max<std::uint64_t>(random_(), 1)); }

// A failed exec has the id of the program that tried: it is a span in that one's.
Spans::Ids Spans::ids_of(const Row &row, bool has_failed)
{
    const std::string_view own = text_at(row, "exec_id");
    bool is_seen = true;
    if (row["parent_seen"].get(is_seen))
        is_seen = true;
    Ids ids{has_failed || own.empty() ? new_id() : std::string{own},
            std::string{has_failed ? own : text_at(row, "parent_exec_id")},
            {}};

    if (!ids.parent.empty() && is_seen)
        return ids;
    const std::uint64_t pid = number_at(row, "pid").value_or(0);
    const auto before = roots_.find(pid);
    ids.linked = std::exchange(ids.parent, before != roots_.end() ? before->second : trace_.span_id);
    if (has_failed)
        return ids;
    if (calls_exec_again(row))
        roots_[pid] = ids.own;
    else
        roots_.erase(pid);
    return ids;
}

std::string Spans::span(const Row &row, const RecordContext &context)
{
    const bool has_failed = !text_at(row, "errno").empty();
    const std::string error = error_of(row);
    Buffer span;
    JsonWriter to{span};

    if (text_at(row, "event") != "exec" || !value_at(row, "duration_ns"))
        throw InvalidRow{"not a row of execsnoop --exit"};
    const auto [begin, end] = times_of(row, has_failed, context.observed_ns);
    const Ids ids = ids_of(row, has_failed);
    to.begin_object().key("traceId").value(trace_.trace_id).key("spanId").value(ids.own);
    if (!ids.parent.empty())
        to.key("parentSpanId").value(ids.parent);
    to.key("name").value(name_of(row)).key("kind").value(kind_internal);
    to.key("startTimeUnixNano").value(std::string_view{fmt::format_int{begin}.c_str()});
    to.key("endTimeUnixNano").value(std::string_view{fmt::format_int{end}.c_str()});
    to.key("attributes").begin_array();
    put_attributes(to, row, context.with_args);
    if (!has_failed && !error.empty())
        put_text(to, "error.type", error);
    to.end_array();
    if (!ids.linked.empty())
        put_link(to, trace_.trace_id, ids.linked);
    put_status(to, row, error);
    to.end_object();
    return {span.data(), span.size()};
}

} // namespace snoop::snoop_export

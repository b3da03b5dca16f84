// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.hpp"
#include "snoop-diff/report.hpp"

#include <fmt/format.h>

namespace snoop::snoop_diff {
namespace {

constexpr std::size_t json_chunk = std::size_t{1} << 20;

void put_texts(JsonWriter &json, const std::vector<std::string_view> &texts)
{
    json.begin_array();
    for (const std::string_view text : texts)
        json.value(text);
    json.end_array();
}

void put_side(JsonWriter &json, const Job &job, const Side &side)
{
    if (!side.program) {
        json.value(nullptr);
        return;
    }
    const Program &program = job.program(*side.program);
    json.begin_object().key("value");
    if (side.value.empty())
        json.value(nullptr);
    else
        json.value(side.value);
    json.key("exec_id").value(fmt::format("{:016x}", program.id));
    json.key("pid").value(program.pid);
    json.key("time").value(program.time);
    json.key("ancestors");
    put_texts(json, ancestors_of(job, *side.program));
    json.key("name").value(program.name());
    json.key("args");
    put_texts(json, program.args);
    json.end_object();
}

void put_json_job(JsonWriter &json, const Job &job, std::string_view name)
{
    const Forest &forest = job.forest();

    json.begin_object().key("name").value(name);
    json.key("programs").value(forest.programs().size()).key("failed_execs").value(forest.failed_execs().size());
    json.key("opens").value(forest.opens().size()).end_object();
}

} // namespace

void put_json(Output &out, const Report &report)
{
    for (const Difference &difference : report.differences) {
        JsonWriter json{out.buffer()};
        json.begin_object().key("event").value("difference").key("kind").value(name_of(difference.kind));
        json.key("first").value(difference.is_first).key("consequence").value(difference.is_consequence);
        json.key("processes");
        if (difference.kind == Kind::only)
            json.value(difference.processes);
        else
            json.value(nullptr);
        json.key("paths");
        put_texts(json, difference.paths);
        json.key("a");
        put_side(json, report.a, difference.a);
        json.key("b");
        put_side(json, report.b, difference.b);
        json.end_object();
        append(out.buffer(), "\n");
        if (out.buffer().size() > json_chunk)
            out.flush();
    }
    JsonWriter json{out.buffer()};
    json.begin_object().key("event").value("summary").key("same").value(report.is_same);
    json.key("differences").value(report.differences.size()).key("by_kind").begin_object();
    const auto counts = count_kinds(report.differences);
    for (std::size_t i = 0; i < kinds; i++)
        json.key(name_of(static_cast<Kind>(i))).value(counts.at(i));
    json.end_object().key("a");
    put_json_job(json, report.a, report.name_a);
    json.key("b");
    put_json_job(json, report.b, report.name_b);
    json.end_object();
    append(out.buffer(), "\n");
    out.flush();
}

} // namespace snoop::snoop_diff

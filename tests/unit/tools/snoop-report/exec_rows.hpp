// SPDX-License-Identifier: BSD-2-Clause
// Forests for the tests of the formats.
//     const Forest forest = forest_of({exec_row({.id = 1, .pid = 10, .file = "/usr/bin/make", .ran_ns = 9000})});
#pragma once

#include "base/buffer.hpp"
#include "base/json.hpp"
#include "forest/forest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop::snoop_report {

struct ExecRow {
    std::uint64_t id = 0, parent = 0;
    std::uint32_t pid = 0;
    std::string_view file{};
    std::vector<std::string_view> args{};
    std::uint64_t begin_ns = 0;
    std::optional<std::uint64_t> ran_ns{}, exit_code{}, cpu_ns{};
    std::string_view signal{}, error{};
};

inline std::string exec_row(const ExecRow &row)
{
    Buffer out;
    JsonWriter json{out};

    json.begin_object().key("event").value("exec").key("time").value("2026-01-02T03:04:05.000000000Z");
    json.key("ts_ns")
        .value(row.begin_ns)
        .key("pid")
        .value(row.pid)
        .key("tid")
        .value(row.pid)
        .key("old_tid")
        .value(row.pid);
    json.key("comm").value("comm").key("exec_id").value(fmt::format("{:016x}", row.id));
    json.key("parent_exec_id").value(fmt::format("{:016x}", row.parent)).key("filename").value(row.file);
    json.key("args").begin_array();
    for (const std::string_view arg : row.args)
        json.value(arg);
    json.end_array().key("duration_ns").value(row.ran_ns).key("exit_code").value(row.exit_code);
    json.key("utime_ns").value(row.cpu_ns).key("stime_ns").value(row.cpu_ns ? std::optional{0} : std::nullopt);
    for (const auto &[key, text] : {std::pair{"signal", row.signal}, {"errno", row.error}})
        json.key(key).value(text.empty() ? std::nullopt : std::optional{text});
    json.end_object();
    return {out.data(), out.size()};
}

inline Forest forest_of(const std::vector<ExecRow> &rows)
{
    Forest forest;
    RowParser parser;

    for (const ExecRow &row : rows)
        forest.add(parser.parse(exec_row(row)));
    forest.complete();
    return forest;
}

// make for 9 ms; below it a shell that calls exec, cc, and beside them one that goes on.
inline Forest small_build()
{
    return forest_of({
        {.id = 1,
         .pid = 10,
         .file = "/usr/bin/make",
         .args = {"make", "-j2"},
         .begin_ns = 1'000'000,
         .ran_ns = 9'000'000,
         .exit_code = 2,
         .cpu_ns = 500'000},
        {.id = 2,
         .parent = 1,
         .pid = 11,
         .file = "/bin/sh",
         .args = {"sh", "-c", "exec cc"},
         .begin_ns = 2'000'000,
         .ran_ns = 1'000'000},
        {.id = 3,
         .parent = 1,
         .pid = 11,
         .file = "/usr/bin/cc",
         .args = {"cc"},
         .begin_ns = 3'000'000,
         .ran_ns = 4'000'000,
         .exit_code = 0,
         .cpu_ns = 3'000'000},
        {.id = 4, .parent = 1, .pid = 12, .file = "/usr/bin/ld", .args = {"ld", "a b"}, .begin_ns = 4'000'000},
        {.id = 4, .pid = 12, .file = "/usr/bin/as", .args = {"as"}, .begin_ns = 5'000'000, .error = "ENOENT"},
    });
}

} // namespace snoop::snoop_report

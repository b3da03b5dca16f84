// SPDX-License-Identifier: BSD-2-Clause
#include "watcher.hpp"

#include "accounting.hpp"
#include "exec_ways.hpp"
#include "open_rows.hpp"

#include "kernel/features.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// Children of the test alone: the machine's other opens would drown them.
std::vector<std::string> arguments(const Watcher &watcher)
{
    std::vector<std::string> args = watcher.options;

    if (watcher.kind == Kind::exec)
        args.insert(args.end(), {"-o", "json", "--max-args-bytes", "2M", "--ring-size", ring_size(16 << 20)});
    else
        args.insert(args.end(), {"-o", "json", "-P", std::to_string(getpid())});
    return args;
}

// A look at the text first: it may be megabytes, and somebody else's.
bool may_belong(const std::string &line, const Made &made)
{
    return std::any_of(made.rows.begin(), made.rows.end(), [&](const Json &row) {
        const std::string sign = row.contains("pid") ? fmt::format("\"pid\":{},", row["pid"].dump()) : made.marker;
        return line.find(sign) != std::string::npos;
    });
}

bool belongs(const Json &row, const Made &made)
{
    return std::any_of(made.rows.begin(), made.rows.end(), [&](const Json &expected) {
        if (!expected.contains("pid"))
            return std::find(row["args"].begin(), row["args"].end(), made.marker) != row["args"].end();
        return row["pid"] == expected["pid"] && (row["event"] != "open" || row["comm"] == opener_comm);
    });
}

// The part of a value, which may have megabytes, that fits into a line.
std::string brief(const Json &value)
{
    const std::string text = value.dump();
    return text.size() <= 400 ? text : fmt::format("{} … {} bytes", text.substr(0, 400), text.size());
}

} // namespace

const std::vector<Watcher> &watchers(Kind kind)
{
    static const std::vector<Watcher> execs{
        {Kind::exec, "tracepoint", {"-x", "--probe", "tracepoint"}, {Hook::tp}},
        {Kind::exec, "raw_tp", {"-x", "--probe", "raw_tp"}, {Hook::raw_tp}, true},
        {Kind::exec, "exit", {"-x", "--exit"}, {Hook::raw_tp}},
    };
    static const std::vector<Watcher> opens{
        {Kind::open, "fentry", {"--probe", "fentry"}, {Hook::fentry}},
        {Kind::open, "kprobe", {"--probe", "kprobe"}, {Hook::kprobe}},
        {Kind::open, "raw_tp", {"--probe", "raw_tp"}, {Hook::tp_btf}},
        {Kind::open, "tracepoint", {"--probe", "tracepoint"}, {Hook::tp}},
    };

    return kind == Kind::exec ? execs : opens;
}

const Watcher &watcher(Kind kind, const std::string &name)
{
    for (const Watcher &one : watchers(kind))
        if (one.name == name)
            return one;
    throw std::out_of_range(name);
}

const std::vector<Route> &routes_of(const Watcher &watcher)
{
    static const std::vector<Route> failures = exec_failures();

    return watcher.only_failures ? failures : routes(watcher.kind);
}

Watch::Watch(const Watcher &watcher)
    : watcher_(watcher), tool_(watcher.kind == Kind::exec ? "execsnoop" : "opensnoop", arguments(watcher))
{}

// By an event of the same kind that is made behind them, and waited for.
void Watch::wait_until_all_is_shown()
{
    const std::string mark = dir_.at(marker());

    if (watcher_.kind == Kind::exec)
        in_child([&] { _exit(exec_ve(mark, {})); });
    else
        in_child([&] { open(mark.c_str(), O_RDONLY); });
    tool_.line_with(mark);
}

std::vector<Json> Watch::rows_of(const Made &made)
{
    wait_until_all_is_shown();
    const std::string all = tool_.out(), text = all.substr(seen_, all.rfind('\n') + 1 - seen_);
    std::vector<Json> rows;

    seen_ += text.size();
    for (const std::string &line : split_lines(text))
        if (may_belong(line, made))
            if (Json row = parse_json(line); belongs(row, made))
                rows.push_back(std::move(row));
    return rows;
}

void Watch::stop()
{
    EXPECT_EQ(tool_.stop(), 0) << tool_.err();
    auto accounting = accounting_of(tool_.err());
    EXPECT_EQ(accounting["seen"],
              accounting["printed"] + accounting["filtered"] + accounting["lost"] + accounting["after_stop"])
        << tool_.err();
    // On a kernel that preempts, programs are skipped for other tasks' calls: those of calls, or, in every way to
    // watch, those of exec and io_uring.
    EXPECT_EQ(accounting["lost"], kernel::may_preempt_programs() ? accounting["missed"] : 0u) << tool_.err();
}

std::string differences(const std::vector<Json> &rows, const std::vector<Json> &expected)
{
    std::string all;

    if (rows.size() != expected.size())
        all += fmt::format("{} rows, not {}\n", rows.size(), expected.size());
    for (std::size_t i = 0; i < std::min(rows.size(), expected.size()); i++)
        for (const auto &[key, value] : expected[i].items())
            if (!rows[i].contains(key) || rows[i][key] != value)
                all += fmt::format("row {}: {} is {}, not {}\n", i, key, brief(rows[i].value(key, Json("missing"))),
                                   brief(value));
    for (std::size_t i = expected.size(); i < rows.size(); i++)
        all += fmt::format("row {}: {}\n", i, brief(rows[i]));
    return all;
}

} // namespace snoop::test

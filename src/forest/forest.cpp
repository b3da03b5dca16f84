// SPDX-License-Identifier: BSD-2-Clause
#include "forest/forest.hpp"
#include "forest/path_search.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace snoop {
namespace {

// exec_id and parent_exec_id: 16 hexadecimal digits.
std::uint64_t id_at(const Row &row, std::string_view key)
{
    const std::string_view text = text_at(row, key);
    std::uint64_t id = 0;

    std::from_chars(text.data(), text.data() + text.size(), id, 16);
    return id;
}

bool is_true(const Row &row, std::string_view key)
{
    bool is = false;

    return !row[key].get(is) && is;
}

std::uint32_t small_number_at(const Row &row, std::string_view key)
{
    return static_cast<std::uint32_t>(number_at(row, key).value_or(0));
}

// In a damaged row, one may lead beyond all numbers.
std::optional<std::uint64_t> duration_at(const Row &row, std::uint64_t start_ns)
{
    const auto duration = number_at(row, "duration_ns");

    return duration && *duration > std::numeric_limits<std::uint64_t>::max() - start_ns ? std::nullopt : duration;
}

bool has_text(const Row &row, std::string_view key, std::string_view wanted)
{
    simdjson::dom::array texts;
    std::string_view text;

    if (row[key].get(texts))
        return false;
    return std::any_of(texts.begin(), texts.end(), [&](Value each) { return !each.get(text) && text == wanted; });
}

// The key tells an event from others: a thread does one at a time, but several guards may decide on one open.
using EventKey = std::tuple<std::uint32_t, std::string_view, std::string_view>; // of those at one time

EventKey key_of(const FailedExec &failed) { return {failed.tid, failed.file, failed.error}; }
EventKey key_of(const Open &open) { return {open.tid, open.path, open.error}; }
EventKey key_of(const Decision &decision) { return {decision.tid, decision.path, decision.guard}; }

// Those that came twice, in a file that was given twice or as a recording and as JSON, are kept once. Those without a
// time or a thread, as --fields may make them, cannot be told apart.
template <class Kind> void sort_by_time(std::vector<Kind> &events)
{
    std::set<EventKey> of_now;
    std::uint64_t now = 0;

    std::stable_sort(events.begin(), events.end(), [](const Kind &a, const Kind &b) { return a.ts_ns < b.ts_ns; });
    std::erase_if(events, [&](const Kind &event) {
        if (std::exchange(now, event.ts_ns) != event.ts_ns)
            of_now.clear();
        return now != 0 && event.tid != 0 && !of_now.insert(key_of(event)).second;
    });
}

} // namespace

std::string_view Forest::keep(const Row &row, std::string_view key)
{
    const std::string_view text = text_at(row, key);

    return text.empty() ? std::string_view{} : texts_.keep(text);
}

std::vector<std::string_view> Forest::keep_all(const Row &row, std::string_view key)
{
    simdjson::dom::array texts;
    std::vector<std::string_view> kept;

    if (row[key].get(texts))
        return kept;
    kept.reserve(texts.size());
    for (const Value each : texts) {
        std::string_view text;
        kept.push_back(each.get(text) ? std::string_view{} : texts_.keep(text));
    }
    return kept;
}

template <class Kind> Kind Forest::event_of(const Row &row, std::uint64_t ts_ns)
{
    Kind event{};

    event.ts_ns = ts_ns;
    event.exec_id = id_at(row, "exec_id");
    event.pid = small_number_at(row, "pid");
    event.tid = small_number_at(row, "tid");
    event.comm = keep(row, "comm");
    return event;
}

bool Forest::add(const Row &row)
{
    const std::string_view event = text_at(row, "event");
    const std::uint64_t ts_ns = clock_.ts_ns(row);

    // A row may lack its id because of --fields.
    if (event == "exec" && text_at(row, "errno").empty() && id_at(row, "exec_id") == 0)
        return false;
    if (event == "exec")
        add_exec(row, ts_ns);
    else if (event == "open")
        add_open(row, ts_ns);
    else if (event == "guard")
        add_decision(row, ts_ns);
    else
        return false;
    if (first_ns_ == 0 || ts_ns < first_ns_) {
        first_ns_ = ts_ns;
        first_time_ = keep(row, "time");
    }
    last_ns_ = std::max(last_ns_, ts_ns + duration_at(row, ts_ns).value_or(0));
    return true;
}

void Forest::add_exec(const Row &row, std::uint64_t ts_ns)
{
    if (!text_at(row, "errno").empty()) {
        auto failed = event_of<FailedExec>(row, ts_ns);
        failed.file = keep(row, "filename");
        failed.error = keep(row, "errno");
        failed.cwd = keep(row, "cwd");
        failed.args = keep_all(row, "args");
        see(row, failed);
        failed_execs_.push_back(std::move(failed));
        return;
    }
    Program program;
    program.id = id_at(row, "exec_id");
    program.parent_id = id_at(row, "parent_exec_id");
    program.is_seen = true;
    program.pid = small_number_at(row, "pid");
    program.start_ns = ts_ns;
    program.time = keep(row, "time");
    program.comm = keep(row, "comm");
    program.file = keep(row, "filename");
    program.resolved = keep(row, "resolved");
    program.interp = keep(row, "interp");
    program.cwd = keep(row, "cwd");
    program.user = keep(row, "user");
    program.container = keep(row, "container_name");
    if (program.container.empty())
        program.container = keep(row, "container_id");
    program.args = keep_all(row, "args");
    program.is_truncated = is_true(row, "truncated");
    program.duration_ns = duration_at(row, program.start_ns);
    program.exit_code = number_at(row, "exit_code");
    program.signal = keep(row, "signal");
    Row killer, env;
    if (!row["env"].get(env))
        program.search_path = keep(env, "PATH");
    if (!row["killed_by"].get(killer)) {
        program.killed_by = keep(killer, "comm");
        program.killed_by_pid = small_number_at(killer, "pid");
    }
    program.is_oom = is_true(row, "oom");
    program.utime_ns = number_at(row, "utime_ns");
    program.stime_ns = number_at(row, "stime_ns");
    program.maxrss_kb = number_at(row, "maxrss_kb");
    program.read_bytes = number_at(row, "read_bytes");
    program.write_bytes = number_at(row, "write_bytes");
    program.old_tid = small_number_at(row, "old_tid");
    const auto [it, is_new] = by_id_.try_emplace(program.id, programs_.size());
    if (is_new)
        programs_.push_back(std::move(program));
    else if (Program &known = programs_[it->second]; !known.is_seen || (!known.duration_ns && program.duration_ns))
        known = std::move(program); // a file may come twice, or two recordings tell of one program
}

void Forest::add_open(const Row &row, std::uint64_t ts_ns)
{
    auto open = event_of<Open>(row, ts_ns);

    open.path = keep(row, "path");
    open.resolved = keep(row, "resolved");
    open.error = keep(row, "errno");
    open.via = keep(row, "via");
    open.for_writing = has_text(row, "flags", "O_WRONLY") || has_text(row, "flags", "O_RDWR");
    open.creates = has_text(row, "flags", "O_CREAT");
    open.path_only = has_text(row, "flags", "O_PATH");
    open.is_exclusive = open.creates && has_text(row, "flags", "O_EXCL");
    see(row, open);
    opens_.push_back(open);
}

void Forest::add_decision(const Row &row, std::uint64_t ts_ns)
{
    auto decision = event_of<Decision>(row, ts_ns);

    decision.path = keep(row, "path");
    decision.action = keep(row, "action");
    decision.guard = keep(row, "guard");
    decision.op = keep(row, "op");
    see(row, decision);
    decisions_.push_back(decision);
}

void Forest::see(const Row &row, const Event &event)
{
    if (event.exec_id == 0)
        return;
    const auto [it, is_new] = by_id_.try_emplace(event.exec_id, programs_.size());
    if (!is_new) {
        Program &known = programs_[it->second];
        if (!known.is_seen)
            known.start_ns = std::min(known.start_ns, event.ts_ns);
        return;
    }
    Program program;
    program.id = event.exec_id;
    program.parent_id = id_at(row, "parent_exec_id");
    program.pid = event.pid;
    program.start_ns = event.ts_ns;
    program.time = keep(row, "time");
    program.comm = keep(row, "process");
    program.user = keep(row, "user");
    programs_.push_back(std::move(program));
}

void Forest::join_programs()
{
    std::unordered_map<std::uint32_t, std::size_t> running; // by pid

    // One that is not seen began before what it started, too.
    for (const Program &program : programs_)
        if (const auto parent = by_id_.find(program.parent_id); program.parent_id != 0 && parent != by_id_.end())
            if (Program &above = programs_[parent->second]; !above.is_seen)
                above.start_ns = std::min(above.start_ns, program.start_ns);
    std::stable_sort(programs_.begin(), programs_.end(), [](const Program &a, const Program &b) {
        return std::pair{a.start_ns, a.is_seen} < std::pair{b.start_ns, b.is_seen};
    });
    by_id_.clear();
    for (std::size_t i = 0; i < programs_.size(); i++) {
        Program &program = programs_[i];
        if (const auto parent = by_id_.find(program.parent_id); program.parent_id != 0 && parent != by_id_.end())
            program.parent = parent->second;
        by_id_.emplace(program.id, i);
        if (!program.is_seen)
            continue;
        const auto [it, is_new] = running.try_emplace(program.pid, i);
        if (is_new)
            continue;
        Program &before = programs_[std::exchange(it->second, i)];
        // Its end is the next one's start. A later program has the number again, or is of another machine.
        if (before.duration_ns && !before.exit_code && before.signal.empty() && before.end_ns() == program.start_ns)
            before.next = i;
    }
}

template <class Kind> void Forest::join(std::vector<Kind> &events)
{
    sort_by_time(events);
    for (Event &event : events)
        if (const auto program = by_id_.find(event.exec_id); event.exec_id != 0 && program != by_id_.end())
            event.program = program->second;
}

void Forest::complete()
{
    join_programs();
    join(failed_execs_);
    join(opens_);
    join(decisions_);
    mark_found_later(programs_, failed_execs_);
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/redaction.hpp"
#include "execsnoop/environment.hpp"
#include "execsnoop/row.hpp"
#include "run/redacted_names.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

namespace snoop::execsnoop {
namespace {

// The texts behind an exec_event.
struct Texts {
    std::string filename, interp, resolved, cwd, args;

    explicit Texts(const Assembled &exec)
    {
        const exec_event &event = event_of(exec);
        std::string_view data{reinterpret_cast<const char *>(&event + 1), exec.head.size() - sizeof(event)};
        const auto take = [&](std::uint32_t size) {
            const std::string_view part = data.substr(0, size);
            data.remove_prefix(part.size());
            return part;
        };
        std::string_view part = take(event.filename_len);
        filename = take_string(part);
        part = take(event.interp_len);
        interp = take_string(part);
        resolved = take(event.resolved_len);
        if (event.resolved_cut)
            resolved.resize(resolved.find_last_of('\0') + 1); // npos + 1 is 0
        cwd = take(event.cwd_len);
        args = take(event.args_len);
        if (!exec.tail.empty())
            args = exec.tail;
    }
};

bool is_nameless(const snoop_file &file) { return file.place == SNOOP_PLACE_NAMELESS; }

// The path of a file that was executed by a descriptor is shown in front of the arguments, and may go on in filename.
void redact_resolved(const Redactor &redactor, const exec_event &event, Texts &texts)
{
    const bool is_base = event.resolved == EXEC_RESOLVED_BASE;
    const std::size_t below = texts.filename.size() - below_descriptor(texts.filename).size();
    std::string rest = is_base ? texts.filename.substr(below) : std::string{};
    const std::string old_rest = rest;

    redactor.path(texts.resolved, rest, is_nameless(event.file));
    if (rest != old_rest)
        texts.filename = texts.filename.substr(0, below) + (rest.starts_with('/') ? "" : "/") + rest;
}

// That path; empty if there is none.
std::string path_of(const exec_event &event, const Texts &texts)
{
    if (event.resolved == EXEC_RESOLVED_NONE)
        return {};
    return to_string(
        ResolvedPath{{texts.resolved, false},
                     event.resolved == EXEC_RESOLVED_BASE ? below_descriptor(texts.filename) : std::string_view{}});
}

void redact_arguments(const Redactor &redactor, const exec_event &event, bool is_cut, Texts &texts)
{
    std::string path = path_of(event, texts);

    redact_resolved(redactor, event, texts);
    const std::string own_path = path_of(event, texts);
    texts.args = redactor.arguments(texts.args, {&texts.filename, &texts.interp, &path}, is_cut);
    if (path != own_path) // together with arguments
        texts.resolved = std::string{"***\0", 4};
}

// A value that the exec changed differs also if nothing is left of both.
std::string redact_env_before(const Redactor &redactor, std::string_view before, std::string_view now)
{
    const std::string shown_now = redactor.environment(now), shown_before = redactor.environment(before);
    std::string_view old_left = before, shown_left = shown_before;
    std::string out;

    while (!old_left.empty()) {
        const std::string_view old = take_string(old_left), shown = take_string(shown_left);
        const std::string_view name = shown.substr(0, shown.find('='));
        const auto value = variable(now, name), shown_value = variable(shown_now, name);
        out += shown;
        if (value && shown_value && shown.substr(std::min(name.size() + 1, shown.size())) == *shown_value &&
            old.substr(std::min(name.size() + 1, old.size())) != *value)
            out += '*';
        out += '\0';
    }
    return out;
}

void append_string(std::string &data, std::uint32_t &size, const std::string &text)
{
    if (size == 0)
        return;
    data += text;
    data += '\0';
    size = static_cast<std::uint32_t>(text.size() + 1);
}

void record_strings(Session &session, snoop_record rec, std::uint16_t kind, std::string_view bytes, bool more_follow)
{
    do {
        const std::string_view part = bytes.substr(0, EXEC_MORE_ARGS);
        std::vector<std::byte> record(sizeof(exec_args) + part.size());
        exec_args head{};
        bytes.remove_prefix(part.size());
        head.rec = rec;
        head.rec.kind = kind;
        head.rec.size = static_cast<std::uint32_t>(record.size());
        head.rec.flags = bytes.empty() && !more_follow ? 0 : SNOOP_FLAG_MORE;
        head.len = static_cast<std::uint32_t>(part.size());
        std::memcpy(record.data(), &head, sizeof(head));
        std::ranges::copy(std::as_bytes(std::span{part}), record.begin() + sizeof(head));
        session.record(record);
    } while (!bytes.empty());
}

} // namespace

StoredEvent redacted(const Redactor &redactor, const Assembled &exec)
{
    exec_event event = event_of(exec);
    Texts texts{exec};
    const std::size_t old_size = texts.args.size();
    const bool is_cut = (exec.flags & (0U | SNOOP_FLAG_TRUNCATED | EXEC_FLAG_NO_ARGS)) || old_size < event.args_total;
    std::string data, none;

    redact(redactor, event.task);
    redact_arguments(redactor, event, is_cut, texts);
    redactor.path(texts.cwd, none, is_nameless(event.directory));
    append_string(data, event.filename_len, texts.filename);
    append_string(data, event.interp_len, texts.interp);
    data += texts.resolved + texts.cwd;
    event.resolved_len = static_cast<__u16>(texts.resolved.size());
    event.cwd_len = static_cast<__u32>(texts.cwd.size());
    // The size must not tell how long a secret is.
    if (event.args_total > 0)
        event.args_total += texts.args.size() - std::min<std::uint64_t>(old_size, event.args_total);
    event.args_len = exec.tail.empty() ? static_cast<__u32>(texts.args.size()) : 0;
    if (exec.tail.empty())
        data += std::exchange(texts.args, {});
    const bool has_env = (event.who.flags & WHO_HAS_ENV) && exec.env.size() == event.who.env_total;
    const std::string env = has_env ? redactor.environment(exec.env) : std::string{};
    if (has_env)
        event.who.env_total = static_cast<__u32>(env.size());
    std::optional<std::string> before;
    if (exec.env_before)
        before = redact_env_before(redactor, *exec.env_before, has_env ? exec.env : std::string_view{});
    else
        event.who.before_ns = 0;
    event.rec.flags = static_cast<__u16>(exec.flags & ~SNOOP_FLAG_MORE);
    event.rec.size = static_cast<__u32>(sizeof(event) + data.size());
    std::vector<std::byte> head(event.rec.size);
    std::memcpy(head.data(), &event, sizeof(event));
    std::ranges::copy(std::as_bytes(std::span{data}), head.begin() + sizeof(event));
    return StoredEvent{{.head = head, .tail = texts.args, .flags = exec.flags, .env = env, .env_before = before}};
}

void record_exec(Session &session, const Assembled &exec)
{
    const exec_event &event = event_of(exec);
    std::vector<std::byte> head(exec.head.begin(), exec.head.end());
    snoop_record rec = event.rec;

    if (exec.env_before) {
        snoop_record before = rec;
        before.ts_ns = event.who.before_ns;
        before.tid = event.old_tid;
        record_strings(session, before, EXEC_ENV_BEFORE, *exec.env_before, false);
    }
    if (!exec.tail.empty() || !exec.env.empty())
        rec.flags |= SNOOP_FLAG_MORE;
    std::memcpy(head.data(), &rec, sizeof(rec));
    session.record(head);
    if (!exec.tail.empty())
        record_strings(session, rec, EXEC_ARGS, exec.tail, !exec.env.empty());
    if (!exec.env.empty())
        record_strings(session, rec, EXEC_ENV, exec.env, false);
}

} // namespace snoop::execsnoop

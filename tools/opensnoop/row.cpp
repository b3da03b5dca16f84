// SPDX-License-Identifier: BSD-2-Clause
#include "opensnoop/row.hpp"
#include "base/error.hpp"
#include "table/error_number.hpp"
#include "table/json_schema.hpp"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace snoop::opensnoop {
namespace {

// PATH: the path as given. The resolved path with -F, and for an open by handle, which has no path.
struct ShownPath {
    const Row &row;
};

void put_text(Buffer &out, ShownPath shown, Spaces spaces)
{
    const Row &row = shown.row;
    const auto resolved = row.full_path || !row.has_path() ? row.resolved_path() : std::nullopt;

    if (resolved)
        snoop::put_text(out, *resolved, spaces);
    else if (row.has(OPEN_FLAG_NO_PATH))
        append(out, "<fault>");
    else if (row.has_path() && row.path.empty())
        append(out, R"("")");
    else
        snoop::put_text(out, row.given_path(), spaces);
}

// FD: -1 if the open failed, as bcc's opensnoop shows it.
struct ShownFd {
    const Row &row;
};

void put_text(Buffer &out, ShownFd shown, Spaces spaces)
{
    snoop::put_text(out, shown.row.event->ret < 0 ? std::optional{-1} : shown.row.fd(), spaces);
}

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", "Kind of the line.", [](const Row &) { return "open"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns, common);
    add_place_columns(columns, common);
    add({text_only<Row>("FD", 4, Align::left, [](const Row &r) { return ShownFd{r}; }),
         text_only<Row>("ERR", 4, Align::left,
                        [](const Row &r) { return ErrorNumber{r.event->ret < 0 ? -std::int64_t{r.event->ret} : 0}; }),
         json_only<Row>("fd", "File descriptor; null if the open failed or returned none.",
                        [](const Row &r) { return r.fd(); }),
         json_only<Row>("ret", "Return value of the open: a descriptor, or a negative error number.",
                        [](const Row &r) { return r.event->ret; }),
         json_only<Row>("errno", "Name of the error, such as ENOENT; null without an error.", [](const Row &r) {
             // Errors are -1 to -4095 (include/linux/err.h).
             return r.event->ret < 0 && r.event->ret > -4096 ? std::optional{errno_name(-r.event->ret)} : std::nullopt;
         })});
    if (options.extended)
        add({text_only<Row>("FLAGS", 27, Align::left, [](const Row &r) { return r.flags(); }),
             text_only<Row>("MODE", 4, Align::left, [](const Row &r) { return r.mode(); })});
    add({json_only<Row>("flags", "Flags of the open, by name.", [](const Row &r) { return r.flags(); }),
         json_only<Row>("mode",
                        "Permissions for a file that may be created, in octal; null if the flags do not use them.",
                        [](const Row &r) { return r.mode(); }),
         json_only<Row>(
             "dirfd",
             "Directory descriptor that the path is relative to, -100 for AT_FDCWD; null for calls without one.",
             [](const Row &r) { return r.has_dirfd() ? std::optional{r.event->dirfd} : std::nullopt; }),
         text_only<Row>("PATH", 0, Align::left, [](const Row &r) { return ShownPath{r}; }),
         json_only<Row>("path", "Path as the caller gave it; null if it could not be read or the call has none.",
                        [](const Row &r) { return r.given_path(); }),
         json_only<Row>("path_source",
                        "Where path was read: kernel, its own copy, or caller, the caller's memory after the call, "
                        "which another thread may have changed; null without a path.",
                        [](const Row &r) { return r.path_source(); }),
         json_only<Row>("resolved",
                        "Path of the opened file, as /proc/PID/fd shows it; of a failed open, the directory where the "
                        "lookup began and the path. Null if not known.",
                        [](const Row &r) { return r.resolved_path(); }),
         json_only<Row>("mnt_ns",
                        "Inode number of the mount namespace whose root `resolved` begins at, as in "
                        "/proc/PID/ns/mnt; null if it begins at none.",
                        [](const Row &r) { return r.mount_namespace(); }),
         json_only<Row>("deleted",
                        "Whether the file has been removed from its directory, as ` (deleted)` in `resolved` says; "
                        "null if it never was in one, or if that is not known.",
                        [](const Row &r) { return r.is_deleted(); }),
         json_only<Row>("dev",
                        "Device of the file, MAJOR:MINOR, as in /proc/self/mountinfo; null if there is no file, or it "
                        "is not known.",
                        [](const Row &r) {
                            return r.event->file.dev ? std::optional{DeviceNumber{r.event->file.dev}} : std::nullopt;
                        }),
         json_only<Row>(
             "ino", "Inode number of the file; null like dev.",
             [](const Row &r) { return r.event->file.dev ? std::optional{r.event->file.ino} : std::nullopt; }),
         json_only<Row>("via",
                        "How it was opened: open, openat, openat2, creat, open_by_handle_at, io_uring, exec or kernel.",
                        [](const Row &r) { return open_via_name(r.event->via); }),
         json_only<Row>("abi", "32 or 64: the size of registers in the ABI of the call.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_ABI32) ? 32 : 64; }),
         json_only<Row>("truncated", "Whether a path was cut.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", "Whether the path could not be read from memory.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); })});
    return Columns<Row>{std::move(columns)};
}

} // namespace

Row::Row(Session &session, const open_event &open, std::string_view data, bool full)
    : TaskRow(session, open.rec, open.task), event(&open), full_path(full)
{
    path = data.substr(0, open.path_len);
    resolved = data.substr(path.size()).substr(0, open.resolved_len);
    path = path.substr(0, path.find('\0'));
}

std::optional<OpenMode> Row::mode() const
{
    return takes_mode(flags()) ? std::optional{OpenMode{event->mode & 07777}} : std::nullopt;
}

std::optional<std::string_view> Row::given_path() const { return has_path() ? std::optional{path} : std::nullopt; }

std::optional<std::string_view> Row::path_source() const
{
    if (!has_path())
        return std::nullopt;
    return event->path_source == OPEN_PATH_KERNEL ? "kernel" : "caller";
}

std::optional<ResolvedPath> Row::resolved_path() const
{
    const PathComponents components{resolved, has(OPEN_FLAG_RESOLVED_CUT), &event->file};

    if (!has(OPEN_FLAG_HAS_RESOLVED) || (has(OPEN_FLAG_BASE_ONLY) && !has_path()) ||
        event->file.place >= SNOOP_PLACE_UNKNOWN)
        return std::nullopt;
    return ResolvedPath{components, has(OPEN_FLAG_BASE_ONLY) ? path : std::string_view{}};
}

std::optional<std::uint32_t> Row::mount_namespace() const
{
    return event->file.mnt_ns ? std::optional{event->file.mnt_ns} : std::nullopt;
}

std::optional<bool> Row::is_deleted() const
{
    if (!has(OPEN_FLAG_HAS_RESOLVED) || has(OPEN_FLAG_BASE_ONLY) || event->file.place >= SNOOP_PLACE_NAMELESS)
        return std::nullopt;
    return event->file.deleted != 0;
}

std::optional<int> Row::fd() const
{
    return event->ret >= 0 && !has(OPEN_FLAG_NO_FD) ? std::optional{event->ret} : std::nullopt;
}

std::string describe_rows()
{
    return json_schema("opensnoop", {{"open", "An attempt to open a file; with -x only one that failed.",
                                      make_columns(options_with_all_columns(), {}).keys()},
                                     event_accounting("opensnoop", {}, {}).describe(),
                                     export_accounting("opensnoop").describe()});
}

OpenSink::OpenSink(Session &session, const Options &options)
    : RowSink(session, OPEN_EVENT, make_columns(session.options(), options)),
      options_(options),
      paths_(options.prefixes, PathPatterns::Part::begin),
      suffixes_(options.suffixes, PathPatterns::Part::end)
{}

Row OpenSink::make_row(const open_event &event, std::string_view data) const
{
    return {session(), event, data, options_.full_path};
}

void OpenSink::redact_event(const Redactor &redactor, open_event &event, std::string &data) const
{
    const bool is_base = event.rec.flags & OPEN_FLAG_BASE_ONLY, is_cut = event.rec.flags & SNOOP_FLAG_TRUNCATED;
    std::string path = data.substr(0, event.path_len), resolved = data.substr(path.size(), event.resolved_len), none;

    path.resize(std::min(path.find('\0'), path.size()));
    redactor.path(resolved, is_base ? path : none, event.file.place == SNOOP_PLACE_NAMELESS);
    if (!is_base)
        path = is_cut && !(event.rec.flags & OPEN_FLAG_RESOLVED_CUT) ? redactor.cut_text(path) : redactor.text(path);
    if (event.path_len > 0)
        path += '\0';
    event.path_len = static_cast<__u16>(path.size());
    event.resolved_len = static_cast<__u16>(resolved.size());
    data = path + resolved;
}

// The BPF programs have filtered what they can (hooks.cpp). This is for the rest, for replays, and for opens without a
// path of their own, which are matched by their resolved path.
bool OpenSink::passes_options(const Row &row) const
{
    if ((options_.failed && row.event->ret >= 0) || !options_.flags.matches(row.flags()) ||
        (!options_.unwanted_flags.empty() && options_.unwanted_flags.matches(row.flags())))
        return false;
    if (options_.prefixes.empty() && options_.suffixes.empty())
        return true;
    const auto resolved = options_.full_path || !row.has_path() ? row.resolved_path() : std::nullopt;
    std::string path = resolved ? to_string(*resolved) : std::string{row.path};
    // The mark is not a part of the name.
    if (constexpr std::string_view mark = " (deleted)"; resolved && row.is_deleted() == true && path.ends_with(mark))
        path.resize(path.size() - mark.size());
    return paths_.match(path) && suffixes_.match(path);
}

} // namespace snoop::opensnoop

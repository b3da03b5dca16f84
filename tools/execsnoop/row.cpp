// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/row.hpp"
#include "base/error.hpp"
#include "execsnoop/environment.hpp"
#include "execsnoop/exit_columns.hpp"
#include "execsnoop/who_columns.hpp"
#include "table/error_number.hpp"
#include "table/json_schema.hpp"
#include "table/values.hpp"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace snoop::execsnoop {
namespace {

// ARGS: the executed file, followed by argv[1] and so on. For a script this is the interpreter, which is also
// the first element of argv; the script is among its arguments. A file that was executed by a descriptor is shown by
// its path, in both cases.
struct CommandLine {
    const Row &row;
};

void put_word(Buffer &out, const Row &row, std::string_view word, Spaces spaces)
{
    if (row.quote)
        append_quoted(out, word);
    else
        append_escaped(out, word, spaces);
}

// The variables of --env, before the command as a shell would have them.
void put_environment(Buffer &out, const Row &row, Spaces spaces)
{
    if (row.env_names.empty() || row.event->ret < 0)
        return;
    if (!row.env)
        append(out, "<environment unknown> ");
    for (const std::string &name : row.env_names)
        if (const auto value = variable(row.env.value_or(""), name)) {
            append(out, name);
            out.push_back('=');
            if (!value->empty())
                put_word(out, row, *value, spaces);
            out.push_back(' ');
        }
}

// With an indentation, the spaces of the first word are escaped: it cannot pretend to be indented.
void put_command_line(Buffer &out, const Row &row, Spaces spaces)
{
    const auto put_word = [&](std::string_view word, Spaces own_spaces) {
        execsnoop::put_word(out, row, word, own_spaces);
    };
    const Spaces first_spaces = row.in_tree ? Spaces::escape : spaces;
    const auto resolved = row.resolved_path();
    const std::string own_path = resolved ? to_string(*resolved) : std::string{};
    const std::string_view file = resolved ? own_path : row.filename;

    put_environment(out, row, spaces);
    if (row.has(EXEC_FLAG_NO_FILENAME))
        append(out, "<fault>");
    else if (!row.interp.empty())
        put_word(row.interp, first_spaces);
    else if (file.empty() && !row.quote)
        append(out, R"("")");
    else
        put_word(file, first_spaces);
    std::string_view args = row.args;
    take_string(args);
    bool is_script = resolved && !row.interp.empty();
    while (!args.empty()) {
        const std::string_view arg = take_string(args);
        out.push_back(' ');
        put_word(is_script && arg == row.filename ? file : arg, spaces);
        is_script = is_script && arg != row.filename;
    }
    if (row.has(EXEC_FLAG_NO_ARGS))
        append(out, " <fault>");
    if (row.has(SNOOP_FLAG_TRUNCATED) && row.event->args_total > 0)
        fmt::format_to(std::back_inserter(out), " <cut: {} of {} bytes>", row.args.size(), row.event->args_total);
    else if (row.has(SNOOP_FLAG_TRUNCATED))
        fmt::format_to(std::back_inserter(out), " <cut after {} bytes>", row.args.size());
}

void put_text(Buffer &out, CommandLine line, Spaces spaces)
{
    if (spaces == Spaces::keep)
        append(out, line.row.indent);
    put_command_line(out, line.row, spaces);
}

} // namespace

std::string_view below_descriptor(std::string_view filename)
{
    for (const std::string_view prefix : {"/dev/fd/", "/proc/self/fd/"})
        if (filename.starts_with(prefix)) {
            filename.remove_prefix(prefix.size());
            return filename.substr(std::min(filename.find('/'), filename.size()));
        }
    return filename; // of an execveat that failed
}

void put_command_line(Buffer &out, const Row &row) { put_command_line(out, row, Spaces::keep); }

Row::Row(Session &session, const Assembled &exec)
    : TaskRow(session, event_of(exec).rec, event_of(exec).task), event(&event_of(exec)), flags(exec.flags)
{
    std::string_view data{reinterpret_cast<const char *>(event + 1), exec.head.size() - sizeof(*event)};
    const auto take = [&](std::uint32_t size) {
        const std::string_view part = data.substr(0, size);
        data.remove_prefix(part.size());
        return part;
    };
    std::string_view part = take(event->filename_len);
    filename = take_string(part);
    part = take(event->interp_len);
    interp = take_string(part);
    resolved = take(event->resolved_len);
    if (event->resolved_cut)
        resolved = resolved.substr(0, resolved.find_last_of('\0') + 1); // npos + 1 is 0
    cwd = take(event->cwd_len);
    args = take(event->args_len);
    if (!exec.tail.empty())
        args = exec.tail;
    if (event->who.flags & WHO_HAS_ENV && exec.env.size() == event->who.env_total)
        env = exec.env;
    env_before = exec.env_before;
    // Programs send args_total bytes, or a flag that says why not. Without either, a record was lost.
    if (args.size() < event->args_total && !has(EXEC_FLAG_NO_ARGS))
        flags |= SNOOP_FLAG_TRUNCATED;
}

std::optional<ResolvedPath> Row::resolved_path() const
{
    if (event->resolved == EXEC_RESOLVED_NONE || event->file.place >= SNOOP_PLACE_UNKNOWN)
        return std::nullopt;
    return ResolvedPath{{resolved, event->resolved_cut != 0, &event->file},
                        event->resolved == EXEC_RESOLVED_BASE ? below_descriptor(filename) : std::string_view{}};
}

std::optional<int> Row::signal() const
{
    return status() && (*status() & 0x7f) != 0 ? std::optional{*status() & 0x7f} : std::nullopt;
}

std::optional<int> Row::exit_code() const
{
    return status() && !signal() ? std::optional{*status() >> 8 & 0xff} : std::nullopt;
}

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", "Kind of the line.", [](const Row &) { return "exec"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add({{"COMM", 16, Align::left, "comm", "Name of the thread, after a successful exec the new one; at most 15 bytes.",
          [](const Row &r) { return text_of(r.task->comm); }},
         {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.task->pid; }},
         {"PPID", 7, Align::left, "ppid", "Process id of the parent.", [](const Row &r) { return r.task->ppid; }},
         text_only<Row>("RET", 4, Align::left, [](const Row &r) { return ErrorNumber{r.event->ret}; }),
         json_only<Row>("ret", "Return value of the call: 0, or a negative error number.",
                        [](const Row &r) { return r.event->ret; }),
         json_only<Row>("errno", "Name of the error, such as ENOENT; null without an error.", [](const Row &r) {
             // Errors are -1 to -4095 (include/linux/err.h).
             return r.event->ret < 0 && r.event->ret > -4096 ? std::optional{errno_name(-r.event->ret)} : std::nullopt;
         })});
    add_task_columns(columns, common);
    add_place_columns(columns, common);
    add_who_columns(columns);
    if (options.exit && !options.tree) // whose rows come before the exit
        add_exit_columns(columns);
    add_environment_columns(columns, options);
    add({text_only<Row>("ARGS", 0, Align::left, [](const Row &r) { return CommandLine{r}; }),
         json_only<Row>(
             "filename",
             "File that was executed, as the caller named it, by a descriptor /dev/fd/N; null if it could not be read.",
             [](const Row &r) { return r.has(EXEC_FLAG_NO_FILENAME) ? std::nullopt : std::optional{r.filename}; }),
         json_only<Row>("resolved",
                        "Path of the file, as /proc/PID/fd shows it, if it was executed by a descriptor or a path "
                        "below /proc; null if `filename` names it, or if it is not known.",
                        [](const Row &r) { return r.resolved_path(); }),
         json_only<Row>("exe_dev",
                        "Device of the program that runs, of a script its interpreter, MAJOR:MINOR as in "
                        "/proc/self/mountinfo; null for a failure, or if it was not read.",
                        [](const Row &r) {
                            return r.event->exe_dev ? std::optional{DeviceNumber{r.event->exe_dev}} : std::nullopt;
                        }),
         json_only<Row>("exe_ino", "Inode number of the program that runs; null like exe_dev.",
                        [](const Row &r) { return r.event->exe_dev ? std::optional{r.event->exe_ino} : std::nullopt; }),
         json_only<Row>("interp", "Interpreter of a script; null if the file is not a script.",
                        [](const Row &r) { return r.interp.empty() ? std::nullopt : std::optional{r.interp}; }),
         json_only<Row>("args", "Arguments, from argv[0] on.", [](const Row &r) { return Strings{r.args}; }),
         json_only<Row>(
             "args_bytes", "Size of all arguments in bytes, each with its NUL, including those that were cut.",
             [](const Row &r) { return r.event->args_total > 0 ? r.event->args_total : __u64{r.args.size()}; }),
         json_only<Row>("truncated", "Whether arguments were cut.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", "Whether a string could not be read from memory.",
                        [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); }),
         json_only<Row>("old_tid",
                        "Thread id before the exec; a thread that is not the leader takes the id of the process.",
                        [](const Row &r) { return r.event->old_tid; }),
         // Known for failures only: after a success, the registers of the call are gone.
         json_only<Row>("abi", "32 or 64: the ABI of a failed call; null for a success.",
                        [](const Row &r) {
                            return r.has(SNOOP_FLAG_ABI32) ? std::optional{32}
                                   : r.event->ret < 0      ? std::optional{64}
                                                           : std::nullopt;
                        }),
         json_only<Row>("cwd", "Working directory, with ` (deleted)` if it was removed; null if it was not read.",
                        [](const Row &r) {
                            return r.has(EXEC_FLAG_HAS_CWD) ? std::optional{PathComponents{
                                                                  r.cwd, r.has(EXEC_FLAG_CWD_CUT), &r.event->directory}}
                                                            : std::nullopt;
                        })});
    return Columns<Row>{std::move(columns)};
}

std::string describe_rows()
{
    Options options;
    options.exit = options.env_diff = true;
    options.env = {"PATH"};
    const auto columns = make_columns(options_with_all_columns(), options);

    return json_schema("execsnoop", {{"exec", "An exec that succeeded; with -x also one that failed.", columns.keys()},
                                     event_accounting("execsnoop", {}, {}).describe(),
                                     export_accounting("execsnoop").describe()});
}

} // namespace snoop::execsnoop

// SPDX-License-Identifier: BSD-2-Clause
// A row of execsnoop: an exec that the assembler has completed, and the columns that show it.
//     RowPrinter<Row> rows{session, make_columns(session.options(), options)};
//     rows.print(Row{session, assembled});
#pragma once

#include "execsnoop/assembler.hpp"
#include "execsnoop/options.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/columns.hpp"
#include "table/values.hpp"
#include <snoop/execsnoop.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace snoop::execsnoop {

// How a process ended; known with --exit.
struct Ending {
    std::uint64_t duration_ns;
    const exec_exit *exit; // null if the process called exec again
};

inline const exec_event &event_of(const Assembled &exec)
{
    return *reinterpret_cast<const exec_event *>(exec.head.data());
}

// Views into one event; valid while the event is.
struct Row : TaskRow {
    const exec_event *event;
    std::uint16_t flags;
    std::string_view filename, interp, resolved, cwd, args;
    std::optional<Ending> ending;
    bool quote = false;
    bool in_tree = false;
    bool parent_seen = false;                        // with --exit
    std::string_view indent;                         // of the command line, with --tree
    std::optional<std::string_view> env, env_before; // whole, or not known
    std::span<const std::string> env_names;          // of the variables to show

    Row(Session &session, const Assembled &exec);

    [[nodiscard]] bool has(unsigned flag) const { return (flags & flag) != 0; }
    // The path of a file that was executed by a descriptor; nothing of others, which filename names.
    [[nodiscard]] std::optional<ResolvedPath> resolved_path() const;
    // These three have no value while the process runs, or if it ended in another way.
    [[nodiscard]] std::optional<int> status() const
    {
        return ending && ending->exit ? std::optional{ending->exit->status} : std::nullopt; // as of waitpid(2)
    }
    [[nodiscard]] std::optional<int> signal() const;
    [[nodiscard]] std::optional<int> exit_code() const;
    // Whether the process has ended, with this EXIT_FLAG_….
    [[nodiscard]] bool exit_has(unsigned flag) const
    {
        return ending && ending->exit && (ending->exit->rec.flags & flag) != 0;
    }
    // Null while the process runs, or if its cost was not seen.
    [[nodiscard]] const exec_cost *cost() const { return exit_has(EXIT_FLAG_HAS_COST) ? &ending->exit->cost : nullptr; }
    [[nodiscard]] Tone tone() const { return event->ret < 0 ? Tone::failure : signal() ? Tone::signal : Tone::plain; }
};

// The part of a filename after the descriptor of a directory: "/prog" of "/dev/fd/3/prog", as execveat(2) names it.
std::string_view below_descriptor(std::string_view filename);

// The executed file and its arguments, as text.
void put_command_line(Buffer &out, const Row &row);

Columns<Row> make_columns(const CommonOptions &common, const Options &options);

// The JSON Schema of the rows.
std::string describe_rows();

} // namespace snoop::execsnoop

// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/utf8_cut.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/program_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace snoop::snoop_report {
namespace {

// So many bytes of a command, and of other texts. Graphviz refuses a label of more than 16384.
constexpr std::size_t most_in_node = 60, most_in_label = 200;

// Inside quotes, where Graphviz takes \n for a new line, and \N and others for names.
void append_inside_quotes(Buffer &out, const Buffer &escaped)
{
    for (const char c : std::string_view{escaped.data(), escaped.size()}) {
        append(out, c == '"' || c == '\\' ? "\\" : "");
        out.push_back(c);
    }
}

void append_label(Buffer &out, std::string_view text)
{
    Buffer escaped;

    append_escaped(escaped, utf8_prefix(text, most_in_label));
    append(escaped, text.size() > most_in_label ? "…" : "");
    append_inside_quotes(out, escaped);
}

void append_command_label(Buffer &out, const std::vector<std::string_view> &args, std::string_view file)
{
    Buffer command;

    append_command(command, args, file, most_in_node);
    append_inside_quotes(out, command);
}

void add_program(const Forest &forest, std::size_t number, Buffer &out)
{
    const Program &program = forest.programs()[number];
    const std::string ran = program.duration_ns ? ", " + seconds_of(*program.duration_ns) + " s" : "";

    fmt::format_to(fmt::appender(out), "  p{} [label=\"", number);
    append_command_label(out, program.args, program.file.empty() ? program.name() : program.file);
    fmt::format_to(fmt::appender(out), "\\n{}, ", program.pid);
    append_label(out, status_of(program) + ran);
    append(out, program.has_failed() ? "\", color=red, fontcolor=red];\n" : "\"];\n");
    if (program.parent)
        fmt::format_to(fmt::appender(out), "  p{} -> p{};\n", *program.parent, number);
    if (program.next)
        fmt::format_to(fmt::appender(out), "  p{} -> p{} [style=dashed, label=exec];\n", number, *program.next);
}

void add_failed(const FailedExec &failed, std::size_t number, Buffer &out)
{
    fmt::format_to(fmt::appender(out), "  f{} [style=dashed, color=red, fontcolor=red, label=\"", number);
    append_command_label(out, failed.args, failed.file);
    append(out, "\\n");
    append_label(out, fmt::format("{}: {}", failed.error, failed.file));
    append(out, "\"];\n");
    if (failed.program)
        fmt::format_to(fmt::appender(out), "  p{} -> f{};\n", *failed.program, number);
}

} // namespace

void write_dot(const Forest &forest, std::string_view title, Buffer &out)
{
    const std::vector<FailedExec> &failed = forest.failed_execs();
    const auto found = static_cast<std::size_t>(std::ranges::count_if(failed, &FailedExec::is_found_later));
    const std::size_t nodes = forest.programs().size() + failed.size() - found;

    if (nodes > most_in_dot)
        throw Error{exit_runtime,
                    "--format dot: {} programs and failed execs are too many for a picture, which may have {}: use "
                    "--format html or chrome, or record less, as with --under",
                    nodes, most_in_dot};
    append(out, "digraph programs {\n  label=\"");
    append_label(out, title);
    append(out, "\";\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n");
    for (std::size_t i = 0; i < forest.programs().size(); i++)
        add_program(forest, i, out);
    for (std::size_t i = 0; i < failed.size(); i++)
        if (!failed[i].is_found_later)
            add_failed(failed[i], i, out);
    append(out, "}\n");
}

} // namespace snoop::snoop_report

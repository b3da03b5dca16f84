// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/tree_view.hpp"
#include "base/error.hpp"
#include "execsnoop/cost.hpp"
#include "run/row_style.hpp"
#include "table/grid.hpp"
#include "table/times.hpp"

#include <utility>
#include <vector>

namespace snoop::execsnoop {
namespace {

std::string in_ms(std::uint64_t ns)
{
    Buffer out;
    put_text(out, Duration{ns}, Spaces::keep);
    return fmt::to_string(out);
}

std::string outcome(const ProcessTree::Process &process)
{
    if (process.state == ProcessTree::State::running)
        return "running";
    if (process.state == ProcessTree::State::unknown)
        return "-";
    const int signal = process.status & 0x7f;
    return signal ? std::string{signal_name(signal)} : std::to_string(process.status >> 8 & 0xff);
}

Tone tone_of(const ProcessTree::Process &process)
{
    return process.state == ProcessTree::State::ended && (process.status & 0x7f) != 0 ? Tone::signal : Tone::plain;
}

// The name of the executed file, without its folder.
std::string program_name(const Row &row)
{
    Buffer out;
    append_escaped(out, row.filename.substr(row.filename.rfind('/') + 1), Spaces::escape);
    return fmt::to_string(out);
}

// The cost of a process that has ended, in the terms of a sum.
std::optional<Sum> cost_of(const exec_exit &exit)
{
    if (!(exit.rec.flags & EXIT_FLAG_HAS_COST))
        return std::nullopt;
    const CpuTime cpu = cpu_time(exit.cost);
    return Sum{.cpu_ns = cpu.user + cpu.system, .maxrss_kb = exit.cost.maxrss_kb};
}

// The columns before ARGS.
class TreeGrid {
public:
    explicit TreeGrid(bool shows_failed) : shows_failed_(shows_failed)
    {
        grid_.add_column("PID", Align::left, 7);
        grid_.add_column("EXIT", Align::left, 7);
        for (const char *title : {"RAN(ms)", "CPU(ms)", "SUM(ms)", "RSS(KiB)", "MAX(KiB)", "EXECS"})
            grid_.add_column(title, Align::right);
        if (shows_failed_)
            grid_.add_column("FAILED", Align::right);
    }

    void add(const ProcessTree::Process &process, const Sum &subtree)
    {
        const bool ended = process.state == ProcessTree::State::ended;
        add({std::to_string(process.pid), outcome(process), ended ? in_ms(process.ran_ns) : "-",
             process.has_cost ? in_ms(process.own.cpu_ns) : "-", in_ms(subtree.cpu_ns),
             process.has_cost ? std::to_string(process.own.maxrss_kb) : "-"},
            subtree);
    }
    // Processes that are no longer in the tree.
    void add(const Sum &merged) { add({"-", "-", "-", "-", in_ms(merged.cpu_ns), "-"}, merged); }

    [[nodiscard]] const Grid &grid() const { return grid_; }

private:
    void add(std::vector<std::string> cells, const Sum &sum)
    {
        cells.push_back(std::to_string(sum.maxrss_kb));
        cells.push_back(std::to_string(sum.execs));
        if (shows_failed_)
            cells.push_back(std::to_string(sum.failed_execs));
        grid_.add_row(std::move(cells));
    }

    Grid grid_;
    bool shows_failed_;
};

} // namespace

TreeView::TreeView(Session &session, const Options &options)
    : session_(session),
      has_costs_(options.exit || !session.options().command.empty()),
      shows_failed_(options.failed),
      marks_(tree_marks(session.rows().fd())),
      tree_(has_costs_ ? ProcessTree::most_with_costs : ProcessTree::most_without)
{}

void TreeView::place(Row &row)
{
    ProcessTree::Position at;

    row.in_tree = true;
    if (row.event->ret != 0) {
        at = tree_.add_failed(row.task->exec_id);
    } else {
        std::string program;
        command_.clear();
        if (has_costs_) {
            program = program_name(row);
            put_command_line(command_, row);
        }
        at = tree_.add({.exec_id = row.task->exec_id,
                        .parent_exec_id = row.task->parent_exec_id,
                        .pid = row.task->pid,
                        .ts_ns = row.rec->ts_ns,
                        .end_follows = row.has(EXEC_FLAG_EXIT_FOLLOWS),
                        .program = program,
                        .command = {command_.data(), command_.size()}});
    }
    Buffer indent;
    append_position(indent, at, marks_);
    indent_.assign(indent.data(), indent.size());
    row.indent = indent_;
}

void TreeView::end(const exec_exit &exit)
{
    const std::optional<Sum> cost = cost_of(exit);

    if (!(exit.rec.flags & EXIT_FLAG_FORKED))
        tree_.end(exit.pid, exit.rec.ts_ns, {exit.status, cost});
    else if (cost)
        tree_.end_fork(exit.exec_id, *cost);
}

void TreeView::finish()
{
    if (has_costs_)
        print();
    if (tree_.without_room() > 0)
        session_.log().line("--tree: {} programs found no room, as too many others were running: they are missing",
                            tree_.without_room());
}

void TreeView::print()
{
    RowOutput &output = session_.rows();
    const RowStyle style{output.fd(), session_.options().color, session_.options().fit};
    TreeGrid grid{shows_failed_};
    Sum total = tree_.gone();
    std::size_t at = 0;

    tree_.walk([&](const ProcessTree::Process &process, const Branches &, const Sum &subtree, bool) {
        grid.add(process, subtree);
        if (process.merged.processes > 0)
            grid.add(process.merged);
        total += process.own;
        total += process.merged;
    });
    output.flush();
    Buffer &out = output.buffer();
    const auto put = [&](Tone tone, const auto &put_rest) {
        const std::size_t from = out.size();
        grid.grid().put_row(out, at++);
        put_rest();
        out.push_back('\n');
        style.apply(out, from, tone);
        output.flush_if_large();
    };
    const std::size_t from = out.size() + 1;
    out.push_back('\n');
    grid.grid().put_titles(out);
    append(out, "ARGS\n");
    style.apply(out, from, Tone::plain);
    tree_.walk([&](const ProcessTree::Process &process, const Branches &branches, const Sum &, bool has_children) {
        put(tone_of(process), [&] {
            append_branches(out, branches, marks_);
            for (const std::string &program : process.before) {
                append(out, program);
                append(out, marks_.then);
            }
            append(out, process.command);
        });
        if (process.merged.processes == 0)
            return;
        put(Tone::plain, [&] {
            Branches below = branches;
            below.push_back(has_children);
            append_branches(out, below, marks_);
            fmt::format_to(std::back_inserter(out), "({} processes that ended before)", process.merged.processes);
        });
    });
    fmt::format_to(std::back_inserter(out), "# total: {} processes, {} execs", total.processes, total.execs);
    if (shows_failed_)
        fmt::format_to(std::back_inserter(out), ", {} failed", total.failed_execs);
    append(out, ", CPU ");
    put_text(out, Duration{total.cpu_ns}, Spaces::keep);
    fmt::format_to(std::back_inserter(out), " ms, largest RSS {} KiB\n", total.maxrss_kb);
    if (tree_.gone().processes > 0)
        fmt::format_to(std::back_inserter(out), "# not shown, as they ended before others: {} processes\n",
                       tree_.gone().processes);
}

} // namespace snoop::execsnoop

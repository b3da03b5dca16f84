// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/row.hpp"
#include "table/json_schema.hpp"
#include "table/open_flags.hpp"

#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace snoop::openguard {
namespace {

constexpr std::array<std::string_view, GUARD_OPS> op_names{"open",  "link",   "rename", "truncate",
                                                           "write", "unlink", "exec",   "mmap"};
constexpr std::array<std::string_view, GUARD_DOUBTS> doubt_names{"",        "too_deep", "renamed",
                                                                 "no_name", "map_full", "searched"};

// The guard, or why the file may be guarded.
std::string guard_or_doubt(const Row &row)
{
    if (const auto guard = row.guard())
        return std::string{*guard};
    return row.doubt() ? fmt::format("({})", *row.doubt()) : "-";
}

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", "Kind of the line.", [](const Row &) { return "guard"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns, common);
    add_place_columns(columns, common);
    add({{"ACTION", 7, Align::left, "action", "audited, or denied if the open was made to fail.",
          [](const Row &r) { return r.action(); }}});
    if (options.extended)
        add({text_only<Row>("VIA", 8, Align::left,
                            [](const Row &r) { return r.is_open() ? open_via_name(r.event->via) : r.op(); }),
             text_only<Row>("FLAGS", 33, Align::left, [](const Row &r) { return OpenFlags{r.event->flags}; })});
    add({text_only<Row>("GUARD", 20, Align::left, [](const Row &r) { return guard_or_doubt(r); }),
         json_only<Row>("guard",
                        "The argument that set the guard; null if it was added to the map while the tool was running, "
                        "or if it is in doubt.",
                        [](const Row &r) { return r.guard(); }),
         {"PATH", 0, Align::left, "path",
          "Path of the file that was opened; of one that was linked or renamed, the path in its file system.",
          [](const Row &r) { return r.path(); }},
         json_only<Row>(
             "op",
             "What the task does: open, truncate, or an operation of --also; a link or rename also if it is in doubt.",
             [](const Row &r) { return r.op(); }),
         json_only<Row>("doubt",
                        "Null, or why openguard cannot decide whether the file is guarded (too_deep, renamed, no_name) "
                        "or cannot keep it guarded (map_full, searched).",
                        [](const Row &r) { return r.doubt(); }),
         json_only<Row>("dev", "Device of the file, MAJOR:MINOR, as in /proc/self/mountinfo.",
                        [](const Row &r) { return DeviceNumber{r.event->dev}; }),
         json_only<Row>("ino", "Inode number of the file.", [](const Row &r) { return r.event->ino; }),
         json_only<Row>("flags", "Flags of the open, by name.", [](const Row &r) { return OpenFlags{r.event->flags}; }),
         json_only<Row>(
             "via",
             "How it was opened (null if it was not): open, openat, openat2, creat, open_by_handle_at, io_uring, exec "
             "or kernel.",
             [](const Row &r) { return r.is_open() ? std::optional{open_via_name(r.event->via)} : std::nullopt; }),
         json_only<Row>("abi", "32 or 64: the size of registers in the ABI of the call.",
                        [](const Row &r) { return (r.event->rec.flags & SNOOP_FLAG_ABI32) != 0 ? 32 : 64; }),
         json_only<Row>("truncated", "Whether the path was cut.", [](const Row &r) { return r.is_truncated(); })});
    return Columns<Row>{std::move(columns)};
}

} // namespace

Row::Row(Session &session, const guard_event &open, std::string_view data)
    : TaskRow(session, open.rec, open.task), event(&open)
{
    components = data.substr(0, open.path_len);
    guard_text = data.substr(components.size()).substr(0, open.text_len);
}

std::optional<std::string_view> Row::guard() const
{
    return guard_text.empty() ? std::nullopt : std::optional{guard_text};
}

std::string_view Row::op() const { return event->op < op_names.size() ? op_names[event->op] : "unknown"; }

std::optional<std::string_view> Row::doubt() const
{
    if (event->doubt == GUARD_CERTAIN)
        return std::nullopt;
    return event->doubt < doubt_names.size() ? doubt_names[event->doubt] : "unknown";
}

std::string describe_rows()
{
    return json_schema("openguard",
                       {{"guard", "A guarded file was opened.", make_columns(options_with_all_columns(), {}).keys()},
                        event_accounting("openguard", {}, {}).describe(),
                        export_accounting("openguard").describe()});
}

GuardSink::GuardSink(Session &session, const Options &options)
    : RowSink(session, GUARD_EVENT, make_columns(session.options(), options)), options_(options)
{}

bool GuardSink::drained()
{
    if (!state_)
        return false;
    if (state_->full && !std::exchange(said_full_, true))
        session().log().line("the map of guards is full: {}; give --entries a larger number",
                             options_.enforce ? "guarded files cannot be linked or moved elsewhere any more"
                                              : "files that are linked or moved elsewhere are no longer guarded");
    if (state_->lost && !std::exchange(said_lost_, true))
        session().log().line("rows are being lost: give --ring-size a larger size");
    return false;
}

void GuardSink::redact_event(const Redactor &redactor, guard_event &event, std::string &data) const
{
    std::string components = data.substr(0, event.path_len), none;
    const std::string text = redactor.text(std::string_view{data}.substr(components.size()).substr(0, event.text_len));

    redactor.path(components, none, false);
    event.path_len = static_cast<__u16>(components.size());
    event.text_len = static_cast<__u16>(text.size());
    data = components + text;
}

void GuardSink::note(const guard_event &event)
{
    if (event.action < GUARD_ACTIONS && event.op < GUARD_OPS)
        decisions_[event.action][event.op]++;
}

void GuardSink::add_metrics(MetricSet &to)
{
    MetricFamily &decisions =
        to.counter("snoop_guard_decisions_total", "Printed operations on guarded files, and whether they were denied.");

    for (std::size_t op = 0; op < GUARD_OPS; op++)
        for (const guard_action action : {GUARD_AUDITED, GUARD_DENIED})
            if (decisions_[action][op] > 0 || op == GUARD_OPEN)
                decisions.add(
                    {{"decision", action == GUARD_DENIED ? "denied" : "audited"}, {"op", std::string{op_names[op]}}},
                    static_cast<double>(decisions_[action][op]));
}

Row GuardSink::make_row(const guard_event &event, std::string_view data) const { return {session(), event, data}; }

} // namespace snoop::openguard

// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/row.hpp"
#include "table/json_schema.hpp"
#include "table/open_flags.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace snoop::openguard {
namespace {

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", "Kind of the line.", [](const Row &) { return "guard"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns);
    add({{"ACTION", 7, Align::left, "action", "audited, or denied if the open was made to fail.",
          [](const Row &r) { return r.action(); }}});
    if (options.extended)
        add({text_only<Row>("VIA", 8, Align::left, [](const Row &r) { return open_via_name(r.event->via); }),
             text_only<Row>("FLAGS", 33, Align::left, [](const Row &r) { return OpenFlags{r.event->flags}; })});
    add({{"GUARD", 20, Align::left, "guard",
          "The argument that set the guard; null if it was added to the map while the tool was running.",
          [](const Row &r) { return r.guard(); }},
         {"PATH", 0, Align::left, "path", "Path of the file that was opened.", [](const Row &r) { return r.path(); }},
         json_only<Row>("dev", "Device of the file, MAJOR:MINOR, as in /proc/self/mountinfo.",
                        [](const Row &r) { return DeviceNumber{r.event->dev}; }),
         json_only<Row>("ino", "Inode number of the file.", [](const Row &r) { return r.event->ino; }),
         json_only<Row>("flags", "Flags of the open, by name.", [](const Row &r) { return OpenFlags{r.event->flags}; }),
         json_only<Row>("via",
                        "How it was opened: open, openat, openat2, creat, open_by_handle_at, io_uring, exec or kernel.",
                        [](const Row &r) { return open_via_name(r.event->via); }),
         json_only<Row>("abi", "32 or 64: the size of registers in the ABI of the call.",
                        [](const Row &r) { return (r.event->rec.flags & SNOOP_FLAG_ABI32) != 0 ? 32 : 64; }),
         json_only<Row>("truncated", "Whether the path was cut.", [](const Row &r) { return r.is_truncated(); })});
    return Columns<Row>{std::move(columns)};
}

} // namespace

void put_json(JsonWriter &json, DeviceNumber dev) { json.value(std::string_view{to_string(dev)}); }

std::string to_string(DeviceNumber dev) { return fmt::format("{}:{}", dev.number >> 20, dev.number & 0xfffff); }

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

std::string describe_rows()
{
    return json_schema("openguard", {{"guard", "A guarded file was opened.", make_columns({}, {}).keys()},
                                     event_accounting("openguard", {}, {}).describe()});
}

GuardSink::GuardSink(Session &session, const Options &options)
    : RowSink(session, GUARD_EVENT, make_columns(session.options(), options))
{}

Row GuardSink::make_row(const guard_event &event, std::string_view data) const { return {session(), event, data}; }

} // namespace snoop::openguard

// SPDX-License-Identifier: BSD-2-Clause
// A row of openguard: the columns of an open of a guarded file, and the sink that prints them.
//     GuardSink sink{session, options};
//     session.run<openguard_bpf>(sink, …);
#pragma once

#include "openguard/options.hpp"
#include "run/row_printer.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/values.hpp"
#include <snoop/openguard.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace snoop::openguard {

// A file system's device number as the kernel encodes it. Shown as "8:1", like in /proc/self/mountinfo.
struct DeviceNumber {
    std::uint32_t number;
};
std::string to_string(DeviceNumber dev);
void put_json(JsonWriter &json, DeviceNumber dev);
constexpr JsonType json_type_of(std::type_identity<DeviceNumber>) { return json_string; }

// Views into one record; valid while the record is.
struct Row : TaskRow {
    const guard_event *event;
    std::string_view components, guard_text;

    Row(Session &session, const guard_event &open, std::string_view data);

    [[nodiscard]] bool is_truncated() const { return (event->rec.flags & SNOOP_FLAG_TRUNCATED) != 0; }
    [[nodiscard]] ResolvedPath path() const { return {{components, is_truncated()}, {}}; }
    // The argument that set the guard. Empty if it was added to the map while the tool was running.
    [[nodiscard]] std::optional<std::string_view> guard() const;
    [[nodiscard]] std::string_view action() const { return event->action == GUARD_DENIED ? "denied" : "audited"; }
};

// The JSON Schema of the rows.
std::string describe_rows();

class GuardSink : public Sink {
public:
    GuardSink(Session &session, const Options &options);

    void record(const snoop_record &rec, std::span<const std::byte> whole) override;

private:
    Session &session_;
    RowPrinter<Row> rows_;
};

} // namespace snoop::openguard

// SPDX-License-Identifier: BSD-2-Clause
// A row of openguard: the columns of an open of a guarded file, and the sink that prints them.
//     GuardSink sink{session, options};
//     session.run<openguard_bpf>(sink, …);
#pragma once

#include "openguard/options.hpp"
#include "run/row_sink.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/values.hpp"
#include <snoop/openguard.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace snoop::openguard {

// Views into one record; valid while the record is.
struct Row : TaskRow {
    const guard_event *event;
    std::string_view components, guard_text;

    Row(Session &session, const guard_event &open, std::string_view data);

    [[nodiscard]] bool is_truncated() const { return has(SNOOP_FLAG_TRUNCATED); }
    [[nodiscard]] ResolvedPath path() const { return {{components, is_truncated()}, {}}; }
    // The argument that set the guard. Empty if it was added to the map while the tool was running.
    [[nodiscard]] std::optional<std::string_view> guard() const;
    [[nodiscard]] std::string_view op() const;
    // Why the file may or may not be guarded; nothing if it is.
    [[nodiscard]] std::optional<std::string_view> doubt() const;
    [[nodiscard]] bool is_open() const { return event->op == GUARD_OPEN || event->op == GUARD_EXEC; }
    [[nodiscard]] Tone tone() const { return event->action == GUARD_DENIED ? Tone::failure : Tone::plain; }
    [[nodiscard]] std::string_view action() const { return event->action == GUARD_DENIED ? "denied" : "audited"; }
};

// The JSON Schema of the rows.
std::string describe_rows();

class GuardSink : public RowSink<guard_event, Row> {
public:
    GuardSink(Session &session, const Options &options);

    // Says on stderr at once when the programs first lose something.
    void watch(const guard_state &state) noexcept { state_ = &state; }
    bool drained() override;
    void add_metrics(MetricSet &to) override;

private:
    [[nodiscard]] Row make_row(const guard_event &event, std::string_view data) const override;
    void redact_event(const Redactor &redactor, guard_event &event, std::string &data) const override;

    void note(const guard_event &event) override;

    const Options &options_;
    std::array<std::array<std::uint64_t, GUARD_OPS>, GUARD_ACTIONS> decisions_{};
    const guard_state *state_ = nullptr;
    bool said_full_ = false, said_lost_ = false;
};

} // namespace snoop::openguard

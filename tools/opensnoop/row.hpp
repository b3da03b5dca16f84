// SPDX-License-Identifier: BSD-2-Clause
// A row of opensnoop: the columns of an open, and the sink that turns records into rows.
//     OpenSink sink{session, options};
//     session.run<opensnoop_bpf>(sink, …);
#pragma once

#include "opens/path_patterns.hpp"
#include "opensnoop/options.hpp"
#include "run/row_sink.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/open_flags.hpp"
#include "table/values.hpp"
#include <snoop/opensnoop.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::opensnoop {

// Views into one record; valid while the record is.
struct Row : TaskRow {
    const open_event *event;
    std::string_view path, resolved;
    bool full_path;

    Row(Session &session, const open_event &open, std::string_view data, bool full);

    [[nodiscard]] bool has_path() const { return event->path_len > 0; }
    [[nodiscard]] bool has_dirfd() const { return event->via != OPEN_VIA_OPEN && event->via != OPEN_VIA_CREAT; }
    [[nodiscard]] OpenFlags flags() const { return {event->flags}; }
    // Nothing if the flags take no mode.
    [[nodiscard]] std::optional<OpenMode> mode() const;
    // The path that the caller gave.
    [[nodiscard]] std::optional<std::string_view> given_path() const;
    [[nodiscard]] std::optional<std::string_view> path_source() const;
    // The opened file's path from the root of the mount namespace, or its name if it has no directory. A failed open
    // has no file: then it is the directory that the lookup started in, followed by the path as given.
    [[nodiscard]] std::optional<ResolvedPath> resolved_path() const;
    [[nodiscard]] std::optional<std::uint32_t> mount_namespace() const;
    [[nodiscard]] std::optional<bool> is_deleted() const;
    // Nothing if the open failed, or gave the caller no descriptor.
    [[nodiscard]] std::optional<int> fd() const;
    [[nodiscard]] Tone tone() const { return event->ret < 0 ? Tone::failure : Tone::plain; }
};

// The JSON Schema of the rows.
std::string describe_rows();

class OpenSink : public RowSink<open_event, Row> {
public:
    OpenSink(Session &session, const Options &options);

private:
    [[nodiscard]] Row make_row(const open_event &event, std::string_view data) const override;
    [[nodiscard]] bool passes_options(const Row &row) const override;
    void redact_event(const Redactor &redactor, open_event &event, std::string &data) const override;

    const Options &options_;
    PathPatterns paths_, suffixes_;
};

} // namespace snoop::opensnoop

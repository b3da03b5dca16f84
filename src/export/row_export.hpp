// SPDX-License-Identifier: BSD-2-Clause
// --otlp: gives rows to snoop-export, which sends them. Tracing never waits for it: rows that it does not take in time
// are kept up to a limit, then dropped and counted.
//     RowExport rows{options, log};
//     rows.start(Feed::live);
//     append(rows.staged(), "{…}\n");
//     rows.commit(0);
//     rows.finish();
//     rows.accounting("execsnoop").print(format);
#pragma once

#include "base/buffer.hpp"
#include "cli/options.hpp"
#include "export/helper.hpp"
#include "export/protocol.hpp"
#include "libbpf/accounting.hpp"
#include "libbpf/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snoop {

// Rows that the tool itself dropped.
struct ExportDrops {
    std::uint64_t slow = 0, no_helper = 0;
};

class RowExport {
public:
    static constexpr std::chrono::milliseconds give_interval{20};

    RowExport(const CommonOptions &options, const Log &log) : options_(options), log_(log) {}

    // Before start(): as spans, not as logs. Of a command, they belong to the trace that TRACEPARENT names.
    void send_spans() noexcept { are_spans_ = true; }

    // Starts snoop-export and waits until it is ready. Throws Error: exit 2 for an invalid URL or variable of the
    // environment, exit 3 if there is no snoop-export.
    void start(Feed feed);
    [[nodiscard]] pid_t pid() const noexcept { return helper_.pid; }

    // Rows that are not committed yet, a line each.
    [[nodiscard]] Buffer &staged() noexcept { return staged_; }
    // Gives them to snoop-export, but for the last ones, which were not printed. Waits only for that of a replay.
    void commit(std::uint64_t unprinted);
    // Rows wait here until snoop-export has read others: commit() should follow within give_interval, even without
    // rows.
    [[nodiscard]] bool is_behind() const noexcept { return given_ < kept_.size(); }

    // Takes what snoop-export has said since the last rows.
    void update() { read_messages(); }

    // No row will follow: waits until all are sent, as long as snoop-export tries, or until a signal comes.
    void finish();
    // After finish(): printed = sent + queued + dropped.
    [[nodiscard]] Accounting accounting(std::string_view tool) const;
    // Both, with the summary printed. Returns the exit code that follows from this and from `code`: it fails if
    // snoop-export ended without a word, or, with --strict, if a row was neither sent nor spooled.
    int finish(std::string_view tool, int code);

private:
    using Clock = std::chrono::steady_clock;

    void give_rows();
    void read_messages();
    void take_message(std::string_view line);
    void end_helper();
    [[nodiscard]] std::uint64_t unsent() const;
    // Waits until it can be written to (POLLOUT), or has written (POLLIN).
    void wait_for(short events, std::chrono::milliseconds most) const;

    const CommonOptions &options_;
    const Log &log_;
    Helper helper_;
    Feed feed_ = Feed::live;
    std::chrono::milliseconds patience_{0}; // of snoop-export, after the last row
    Buffer staged_;
    std::string kept_, unread_; // rows, of which the first given_ bytes are given; a part of a line
    std::size_t given_ = 0;

    std::uint64_t printed_ = 0; // rows
    ExportCounts counts_;       // as snoop-export said last
    ExportDrops drops_;
    bool are_spans_ = false, is_ready_ = false, has_said_end_ = false, has_failed_ = false;
};

// The summary of the rows of --otlp. The schema of a tool's JSON needs it without numbers.
Accounting export_accounting(std::string_view tool, std::uint64_t printed = 0, const ExportCounts &counts = {},
                             const ExportDrops &drops = {});

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// The output of an event tool's rows: to stdout, counted, up to the number that -c gives; with --otlp, to snoop-export
// as well.
//     if (rows.take())
//         append(rows.buffer(), "a row\n");
//     rows.flush();
// With --keep it holds the last rows until somebody asks for them:
//     rows.keep(limits);
//     rows.write_kept();
#pragma once

#include "base/error.hpp"
#include "base/kept_blocks.hpp"
#include "export/row_export.hpp"
#include "libbpf/accounting.hpp"
#include "libbpf/event_counters.hpp"
#include "table/output.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace snoop {

// Events, not records, as user space counts them.
struct RowCounts {
    std::uint64_t received = 0; // whatever became of them
    std::uint64_t printed = 0;
    std::uint64_t filtered = 0;   // by user space
    std::uint64_t unwritten = 0;  // stdout failed, or nobody read it when a signal came
    std::uint64_t unrecorded = 0; // records, not events, that are missing in the recording
    std::uint64_t kept = 0;       // with --keep: held, or held and forgotten

    // Received after the last row: -c was reached, or stdout was closed.
    [[nodiscard]] std::uint64_t after_stop() const { return received - printed - filtered - unwritten - kept; }
};

class RowOutput {
public:
    // To this file, at most `limit` rows.
    RowOutput(int fd, std::optional<std::uint64_t> limit) : output_(fd), limit_(limit) {}

    [[nodiscard]] Buffer &buffer() noexcept { return output_.buffer(); }
    // Before the first row: not to the file that the constructor got.
    void write_to(int fd) noexcept { output_.write_to(fd); }
    // After the last row: only so many of those that were written there arrived. The others are lost, or came after
    // standard output was closed.
    void set_arrived(std::uint64_t rows, bool are_lost);
    // Before the first row, and as long as there are any.
    void send_to(RowExport &to) noexcept { export_ = &to; }
    // A row that is sent goes there, as JSON; null if none is.
    [[nodiscard]] Buffer *staged() noexcept { return export_ ? &export_->staged() : nullptr; }
    // Rows wait for snoop-export, which flush() gives them to.
    [[nodiscard]] bool is_behind() const noexcept { return export_ && export_->is_behind(); }
    [[nodiscard]] int fd() const noexcept { return output_.fd(); }
    [[nodiscard]] const RowCounts &counts() const noexcept { return counts_; }

    // Before the first row: flush() then holds rows, and write_kept() writes those that are still held.
    void keep(const KeepLimits &limits)
    {
        kept_.emplace(limits);
        large_ = kept_->block_bytes();
    }
    void write_kept();

    // Counts an event. True if its row is to be printed.
    bool take()
    {
        counts_.received++;
        if (is_full()) {
            if (output_.stuck() || failure_)
                counts_.unwritten++;
            return false;
        }
        (kept_ ? counts_.kept : counts_.printed)++;
        return true;
    }

    // Counts an event that a filter of user space removed.
    void skip()
    {
        counts_.received++;
        counts_.filtered++;
    }

    // The limit is reached, stdout is closed, or a row could not be written.
    [[nodiscard]] bool is_full() const
    {
        return output_.closed() || failure_ || (limit_ && counts_.printed >= *limit_);
    }

    void flush();
    // Why a row could not be written, other than that stdout is closed or not read.
    [[nodiscard]] const std::optional<Error> &failure() const noexcept { return failure_; }
    // Flushes a buffer as large as a pipe takes at once, so that a flood is not kept in memory whole.
    void flush_if_large()
    {
        if (output_.buffer().size() > large_)
            flush();
    }

private:
    void write();

    Output output_;
    std::size_t large_ = 64 * 1024;
    std::optional<std::uint64_t> limit_;
    RowCounts counts_;
    std::uint64_t printed_and_written_ = 0;
    std::optional<KeptBlocks> kept_;
    std::uint64_t kept_before_ = 0; // counts_.kept at the last flush()
    std::optional<Error> failure_;
    RowExport *export_ = nullptr;
};

// The accounting summary of an event tool.
Accounting event_accounting(std::string_view tool, const EventCounters &counters, const RowCounts &rows);

} // namespace snoop

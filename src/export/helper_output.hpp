// SPDX-License-Identifier: BSD-2-Clause
// -o otlp: snoop-export gets the rows, and writes requests of OTLP to the tool's standard output. For reports,
// snoop-report does, and writes one to standard output or to the file of --report. Unlike RowExport, which rows must
// not wait for, this is what they are printed to.
//     HelperOutput output{options, log};
//     output.start(spans);
//     write(output.fd(), rows.data(), rows.size());
//     const std::uint64_t written = output.finish();
#pragma once

#include "cli/options.hpp"
#include "export/helper.hpp"
#include "export/protocol.hpp"
#include "libbpf/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace snoop {

class HelperOutput {
public:
    HelperOutput(const CommonOptions &options, const Log &log) : options_(options), log_(log) {}

    // Before start(): as spans, not as logs.
    void send_spans() noexcept { are_spans_ = true; }
    // Throws Error as RowExport::start() does, and as create_private_file() does.
    void start();
    [[nodiscard]] pid_t pid() const noexcept { return helper_.pid; }
    // For rows in JSON, one on each line. With otlp, closed when standard output is.
    [[nodiscard]] int fd() const noexcept { return helper_.socket.get(); }
    // Reads what the helper says: it does not wait for that.
    void read_messages();

    // No row will follow: waits until all are written. After a signal, it waits at most for stop::output_grace; for a
    // report longer, unless nobody reads standard output. Returns how many were.
    std::uint64_t finish();
    // Whether the others could not be written, which has been said, or nobody had read them until then. Otherwise
    // standard output was closed.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
    [[nodiscard]] bool is_stuck() const noexcept { return !has_ended_; }

private:
    [[nodiscard]] const HelperProgram &program() const noexcept;
    [[nodiscard]] bool is_over() const;
    void wait_for_message(int ms) const;
    void take_message(std::string_view line);

    const CommonOptions &options_;
    const Log &log_;
    Helper helper_;
    std::string unread_;
    ExportCounts counts_;
    bool are_spans_ = false, is_ready_ = false, has_ended_ = false, has_failed_ = false, is_open_ = true;
};

} // namespace snoop

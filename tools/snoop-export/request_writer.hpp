// SPDX-License-Identifier: BSD-2-Clause
// -o otlp: writes requests to standard output instead of sending them, one on each line.
//     RequestWriter writer{format, std::move(reader), {}};
//     writer.run();
#pragma once

#include "export/protocol.hpp"
#include "snoop-export/queue.hpp"
#include "snoop-export/request.hpp"
#include "snoop-export/row_reader.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace snoop::snoop_export {

class RequestWriter {
public:
    using Report = std::function<void(const ExportCounts &counts)>;

    // `report` gets what is written so far, after each request. With it, rows come from a tool, which has gone when it
    // does not read that any more.
    RequestWriter(RequestFormat format, RowReader reader, Report report);

    // Until all rows are written, or standard output is closed. Throws Error (exit 1) if they cannot be.
    void run();
    // Sent ones are written. Those that are queued were not.
    [[nodiscard]] const ExportCounts &counts() const noexcept { return counts_; }
    [[nodiscard]] const RowReader &reader() const noexcept { return reader_; }

private:
    void heed_signal();
    void wait();
    void write_batch();
    [[nodiscard]] bool write(const std::string &line);
    [[nodiscard]] bool write_for_tool(const std::string &line);
    void count();

    RequestFormat format_;
    RowReader reader_;
    Report report_;
    Queue queue_;
    ExportCounts counts_;
    bool is_closed_ = false;
};

} // namespace snoop::snoop_export

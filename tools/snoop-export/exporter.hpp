// SPDX-License-Identifier: BSD-2-Clause
// One run: reads rows and sends them, in one loop that waits for both.
//     return Exporter{settings, options, std::move(reader), say, report}.run();
#pragma once

#include "cli/options.hpp"
#include "export/helper.hpp"
#include "export/protocol.hpp"
#include "snoop-export/backlog.hpp"
#include "snoop-export/http_client.hpp"
#include "snoop-export/row_reader.hpp"
#include "snoop-export/settings.hpp"
#include "snoop-export/spool.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

struct Options {
    bool with_args = false, verbose = false;
    std::size_t queue_bytes = OtlpOptions::default_queue;
    std::string spool;        // folder; empty: what is queued is in memory alone
    std::optional<Feed> feed; // from a tool that started this program
};

class Exporter {
public:
    // `say` prints a line. `report` gets what became of the rows so far, each time that the receiver has answered.
    using Report = std::function<void(const ExportCounts &counts)>;
    Exporter(const Settings &settings, const Options &options, RowReader reader, Say say, Report report);

    // Until all rows are sent, or it gives up. Returns whether all were sent, or are on disk.
    bool run();
    [[nodiscard]] const ExportCounts &counts() const noexcept { return counts_; }
    [[nodiscard]] std::uint64_t read() const noexcept { return reader_.rows(); }

private:
    using Time = Clock::time_point;

    Spool *open_spool();
    [[nodiscard]] bool is_damaged() const noexcept { return spool_ && spool_->is_damaged(); }
    [[nodiscard]] bool is_reading() const;
    void heed_signal(Time now);
    void read_rows(Time now);
    void take_record(std::string record, Time now);
    void send_batch(Time now);
    void take_answer(Time now);
    void retry_later(const Verdict &verdict, const Response &response, Time now);
    void count_answer(const Verdict &verdict);
    void count_spooled();
    void say_what_is_spooled();
    void after_input(Time now);
    [[nodiscard]] bool gives_up(Time now);
    [[nodiscard]] std::chrono::milliseconds time_to_wait(Time now) const;
    void say_once(std::string line);

    const Settings &settings_;
    const Options &options_;
    RowReader reader_;
    Say say_;
    Report report_;
    std::optional<Spool> spool_;
    Backlog backlog_;
    HttpClient client_;
    Backoff backoff_;
    std::mt19937_64 random_{std::random_device{}()};

    ExportCounts counts_;
    std::uint64_t former_rejected_ = 0;
    Request sending_;                            // without its body
    std::optional<Time> retry_at_;               // an attempt has failed
    bool must_wait_ = false;                     // the receiver said for how long
    std::optional<Time> waiting_since_;          // for the receiver alone: give up one timeout after it
    std::optional<Time> signal_time_, end_time_; // of the input
    std::string last_said_;
};

} // namespace snoop::snoop_export

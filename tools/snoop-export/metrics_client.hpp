// SPDX-License-Identifier: BSD-2-Clause
// Asks the tool for its metrics, over the socket that it started this program with, and waits for the answer.
//     MetricsClient client{STDIN_FILENO, STDOUT_FILENO, say};
//     client.collect();      // from any thread
//     client.read();         // until the tool ends
#pragma once

#include "metrics/protocol.hpp"
#include "snoop-export/metric_limits.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

class MetricsClient {
public:
    using Say = std::function<void(std::string_view line)>;
    static constexpr std::chrono::milliseconds default_patience{5000};

    MetricsClient(int in, int out, Say say, std::chrono::milliseconds patience = default_patience)
        : in_(in), out_(out), say_(std::move(say)), patience_(patience)
    {}

    // The metrics of the tool, within limits, and snoop_up, which is 0 if the tool does not answer in time: then there
    // is nothing else.
    MetricSet collect();

    // Reads answers until the tool ends or says what no tool does.
    void read();
    // Whether the tool has ended.
    [[nodiscard]] bool has_ended();
    // Waits for that, at most so long; returns whether it has.
    bool wait_for_end(std::chrono::milliseconds most);

private:
    bool take(std::string_view line);
    bool ask(std::uint64_t number);

    int in_, out_;
    Say say_;
    std::chrono::milliseconds patience_;
    std::mutex scrape_;   // held by the one scrape that waits
    MetricLimits limits_; // of it
    std::mutex mutex_;    // of what follows
    std::condition_variable changed_;
    MetricsReader reader_; // but for its tool, of the thread that reads
    std::string tool_;
    std::uint64_t asked_ = 0;
    std::optional<MetricSet> answer_; // to the last question
    bool has_ended_ = false, has_said_ = false;
};

} // namespace snoop::snoop_export

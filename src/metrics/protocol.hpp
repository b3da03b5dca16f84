// SPDX-License-Identifier: BSD-2-Clause
// A tool and the snoop-export that serves its metrics talk in lines on a socket. Both sides use this.
// snoop-export asks for metrics at each scrape:
//     to_tool(metrics_message_line({.kind = MetricsMessage::Kind::collect, .number = 7}));
// The tool says its name first, and answers each question:
//     to_helper(metrics_tool_line("execcount"));
//     to_helper(metrics_lines(metrics, 7));
#pragma once

#include "metrics/metric.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop {

struct MetricsMessage {
    enum class Kind {
        ready,  // metrics are served; `text` says where. If they are not, it says so as export/protocol.hpp has it
        collect // asks for metrics; the answer has its `number`
    };
    Kind kind;
    std::uint64_t number = 0;
    std::string text{};
};

// With its newline.
std::string metrics_message_line(const MetricsMessage &message);
// Without it. Nothing for any other line.
std::optional<MetricsMessage> parse_metrics_message(std::string_view line);

std::string metrics_tool_line(std::string_view tool);
// In the values of labels, bytes that are not printable are escaped as in a table: they are valid UTF-8 then.
std::string metrics_lines(const MetricSet &metrics, std::uint64_t number);

// Takes what a tool says, a line at a time.
class MetricsReader {
public:
    enum class Took { part, answer, invalid };
    Took take(std::string_view line);

    [[nodiscard]] const std::string &tool() const noexcept { return tool_; }
    // After an answer, until the next line: its number, and what it has.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] MetricSet &metrics() noexcept { return metrics_; }

private:
    std::string tool_;
    MetricSet metrics_;
    MetricFamily *family_ = nullptr;
    std::uint64_t number_ = 0;
    bool has_ended_ = false;
};

} // namespace snoop

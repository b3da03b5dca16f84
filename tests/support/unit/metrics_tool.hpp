// SPDX-License-Identifier: BSD-2-Clause
// The tool's end of the socket over which snoop-export asks for metrics.
//     ToolEnd tool;                      // snoop-export has tool.helper
//     tool.answer("snoop_x_total", 3);     // waits for a question
//     tool.end();
#pragma once

#include "base/fd.hpp"
#include "metrics/protocol.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace snoop {

inline MetricSet counter(const char *name, double value)
{
    MetricSet metrics;

    metrics.counter(name, "Things.").add({{"comm", "a"}}, value);
    return metrics;
}

class ToolEnd {
public:
    ToolEnd()
    {
        std::array<int, 2> ends{-1, -1};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            ADD_FAILURE() << "no socket pair";
        tool_ = Fd{ends[0]};
        helper = Fd{ends[1]};
    }

    void say(std::string_view text) const
    {
        EXPECT_EQ(send(tool_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    // The number of the next question, for which this waits.
    [[nodiscard]] std::uint64_t question() const
    {
        std::string line;
        for (char c = 0; read(tool_.get(), &c, 1) == 1 && c != '\n';)
            line += c;
        const auto message = parse_metrics_message(line);
        EXPECT_TRUE(message && message->kind == MetricsMessage::Kind::collect) << line;
        return message ? message->number : 0;
    }
    void answer(const char *name, double value) const { say(metrics_lines(counter(name, value), question())); }
    // As at the end of the tool.
    void end() { tool_.reset(); }

    Fd helper;

private:
    Fd tool_;
};

} // namespace snoop

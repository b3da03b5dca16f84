// SPDX-License-Identifier: BSD-2-Clause
#include "metrics/protocol.hpp"

#include <gtest/gtest.h>

namespace {

using namespace snoop;
using Kind = MetricsMessage::Kind;
using Took = MetricsReader::Took;

// Gives the lines of an answer to a reader; returns what the last one was.
Took read(MetricsReader &reader, std::string_view lines)
{
    Took took = Took::part;
    for (auto end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
        took = reader.take(lines.substr(0, end));
        if (took == Took::invalid)
            return took;
        lines.remove_prefix(end + 1);
    }
    return took;
}

TEST(MetricsProtocol, ReadsWhatItWrites)
{
    MetricSet metrics;
    metrics.counter("snoop_execs_total", "Executed programs.").add({{"comm", "a b\"="}}, 12345678901234);
    metrics.counter("snoop_execs_total", "").add({{"comm", ""}}, 1);
    metrics.gauge("snoop_build_info", "Version.").add({}, 1);
    metrics.histogram("snoop_function_duration_seconds", "Calls.")
        .samples.push_back({{{"function", "f"}, {"binary", "kernel"}}, 3, 0.1, {{1e-9, 1}, {0.25, 3}}});

    MetricsReader reader;
    for (const std::uint64_t number : {7u, 8u}) {
        EXPECT_EQ(read(reader, metrics_tool_line("execcount") + metrics_lines(metrics, number)), Took::answer);
        EXPECT_EQ(reader.tool(), "execcount");
        EXPECT_EQ(reader.number(), number);
        EXPECT_EQ(reader.metrics().families(), metrics.families());
    }
}

TEST(MetricsProtocol, MakesEachLabelValid)
{
    MetricSet metrics;
    for (const char *comm : {"\xff\"\n", "a\tb", "\x1b[2J", "grün", "a\\"})
        metrics.counter("x_total", "X.").add({{"comm", comm}}, 1);
    EXPECT_EQ(metrics_lines(metrics, 1), "family\tcounter\tx_total\tX.\n"
                                         "sample\t1\tcomm\t\\xff\"\\n\n"
                                         "sample\t1\tcomm\ta\\tb\n"
                                         "sample\t1\tcomm\t\\x1b[2J\n"
                                         "sample\t1\tcomm\tgrün\n"
                                         "sample\t1\tcomm\ta\\\\\n"
                                         "end\t1\n");
}

TEST(MetricsProtocol, RefusesOtherLines)
{
    for (const char *lines : {"\n", "x\t1\n", "sample\t1\n", "family\tnumber\tx\tX.\n", "family\tcounter\n",
                              "family\tcounter\tx\tX.\nsample\tone\n", "family\tcounter\tx\tX.\nsample\t1\tcomm\n",
                              "family\tcounter\tx\tX.\nsample\t1x\n", "family\thistogram\tx\tX.\nsample\t1\n",
                              "family\thistogram\tx\tX.\nsample\t1\t0\t2\t1\t1\n",
                              "family\thistogram\tx\tX.\nsample\t1\t0\t9999999\n", "end\n", "end\tx\n"}) {
        MetricsReader reader;
        EXPECT_EQ(read(reader, lines), Took::invalid) << lines;
    }
}

TEST(MetricsProtocol, ReadsItsMessages)
{
    for (const MetricsMessage &message :
         {MetricsMessage{Kind::ready, 0, "http://127.0.0.1:9464/metrics"}, MetricsMessage{Kind::collect, 99, ""}}) {
        std::string line = metrics_message_line(message);
        EXPECT_EQ(line.back(), '\n');
        line.pop_back();
        const auto read = parse_metrics_message(line);
        ASSERT_TRUE(read) << line;
        EXPECT_EQ(read->kind, message.kind);
        EXPECT_EQ(read->number, message.number);
        EXPECT_EQ(read->text, message.text);
    }
    for (const char *line : {"", "collect", "collect\tx", "failed 1 x", "snoop-export: x"})
        EXPECT_FALSE(parse_metrics_message(line)) << line;
}

} // namespace

// SPDX-License-Identifier: BSD-2-Clause
// A scrape gets the answer to its own question, in time, or is told that the tool is not up.
#include "snoop-export/metrics_client.hpp"
#include "unit/metrics_tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using Values = std::map<std::string, double>;

// The first sample of each family.
Values values_of(const MetricSet &metrics)
{
    Values values;

    for (const MetricFamily &family : metrics.families())
        values[family.name] = family.samples.front().value;
    return values;
}

class Client : public testing::Test {
protected:
    // Longer than any test takes.
    static constexpr std::chrono::milliseconds patient{60'000};

    void start(std::chrono::milliseconds patience = patient)
    {
        const int fd = tool.helper.get();
        client_.emplace(
            fd, fd, [this](std::string_view line) { take(line); }, patience);
        reader_ = std::thread{[this] { client_->read(); }};
        tool.say(metrics_tool_line("execcount"));
    }
    ~Client() override
    {
        tool.end();
        if (reader_.joinable())
            reader_.join();
    }
    std::future<Values> scrape()
    {
        return std::async(std::launch::async, [this] { return values_of(client_->collect()); });
    }
    std::vector<std::string> said()
    {
        const std::scoped_lock lock{mutex_};
        return said_;
    }

    ToolEnd tool;
    std::optional<MetricsClient> client_;

private:
    void take(std::string_view line)
    {
        const std::scoped_lock lock{mutex_};
        said_.emplace_back(line);
    }

    std::thread reader_;
    std::mutex mutex_;
    std::vector<std::string> said_;
};

TEST_F(Client, AnswersScrapes)
{
    start();
    for (const int value : {1, 2}) {
        auto scraped = scrape();
        tool.answer("x_total", value);
        EXPECT_EQ(scraped.get(), (Values{{"x_total", value}, {"snoop_up", 1}}));
    }
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Client, NamesTheTool)
{
    start();
    auto scraped = std::async(std::launch::async, [this] { return client_->collect(); });
    tool.answer("x_total", 1);
    EXPECT_EQ(scraped.get().families().back().samples.front().labels, (MetricLabels{{"tool", "execcount"}}));
}

TEST_F(Client, TakesAnswerInParts)
{
    start();
    auto scraped = scrape();
    for (const char c : metrics_lines(counter("x_total", 7), tool.question()))
        tool.say({&c, 1});
    EXPECT_EQ(scraped.get(), (Values{{"x_total", 7}, {"snoop_up", 1}}));
}

TEST_F(Client, BoundsLabels)
{
    start();
    auto scraped = std::async(std::launch::async, [this] { return client_->collect(); });
    MetricSet metrics;
    MetricFamily &family = metrics.counter("x_total", "X.");
    for (int i = 0; i < 300; i++)
        family.add({{"comm", fmt::format("p{}", i)}}, 1);
    tool.say(metrics_lines(metrics, tool.question()));
    EXPECT_EQ(scraped.get().families().front().samples.size(), MetricLimits::most_values + 1);
}

// Two at once would get each other's answers.
TEST_F(Client, AsksForOneScrapeAtATime)
{
    start();
    std::vector<std::future<Values>> scrapes;
    for (int i = 0; i < 4; i++)
        scrapes.push_back(scrape());
    for (int i = 0; i < 4; i++) {
        const std::uint64_t number = tool.question();
        tool.say(metrics_lines(counter("x_total", static_cast<double>(number)), number));
    }
    std::vector<double> values;
    for (auto &one : scrapes)
        values.push_back(one.get().at("x_total"));
    EXPECT_THAT(values, testing::UnorderedElementsAre(1, 2, 3, 4));
}

TEST_F(Client, DoesNotTakeALateAnswer)
{
    start(20ms);
    for (int i = 0; i < 2; i++)
        EXPECT_EQ(scrape().get(), (Values{{"snoop_up", 0}}));
    const std::uint64_t first = tool.question(), second = tool.question();
    EXPECT_LT(first, second);
    EXPECT_THAT(said(), ElementsAre("execcount did not answer a scrape within 0.02 s")); // once
    tool.say(metrics_lines(counter("late_total", 1), first));
    tool.say(metrics_lines(counter("late_total", 2), second));
    EXPECT_EQ(scrape().get(), (Values{{"snoop_up", 0}}));
}

// Its socket is full, so that it cannot be asked.
TEST_F(Client, DoesNotWaitForAToolThatReadsNothing)
{
    start();
    const std::string bytes(4096, 'x');
    while (send(tool.helper.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    while (send(tool.helper.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(scrape().get(), (Values{{"snoop_up", 0}}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, patient / 2);
}

TEST_F(Client, NoticesTheEndOfTheTool)
{
    start();
    EXPECT_FALSE(client_->wait_for_end(1ms));
    auto scraped = scrape();
    static_cast<void>(tool.question());
    tool.end();
    EXPECT_EQ(scraped.get(), (Values{{"snoop_up", 0}})); // although it is patient
    EXPECT_TRUE(client_->wait_for_end(patient));
    EXPECT_TRUE(client_->has_ended());
    EXPECT_EQ(scrape().get(), (Values{{"snoop_up", 0}}));
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Client, RefusesWhatNoToolSays)
{
    start();
    tool.say("metric\tx\n");
    EXPECT_TRUE(client_->wait_for_end(patient));
    EXPECT_THAT(said(), ElementsAre("the tool that started this program is of another version"));
}

} // namespace
} // namespace snoop::snoop_export

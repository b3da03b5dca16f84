// SPDX-License-Identifier: BSD-2-Clause
// openguard --metrics and --metrics-file: the counters are those of the opens that were made.
#include "accounting.hpp"
#include "base/error.hpp"
#include "openguard/openguard.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>

namespace snoop::test {
namespace {

// Values by name and labels, as the text format has them.
using Metrics = std::map<std::string, double>;

Metrics parse(std::istream &text)
{
    Metrics metrics;

    for (std::string line; std::getline(text, line);)
        if (const auto space = line.rfind(' '); line.starts_with("snoop_"))
            metrics[line.substr(0, space)] = std::stod(line.substr(space));
    return metrics;
}

Metrics read_metrics(const std::string &path)
{
    std::ifstream file{path};
    return parse(file);
}

// A port of 127.0.0.1 that serves metrics.
Metrics scrape(std::uint16_t port)
{
    const Fd client{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr std::string_view request = "GET /metrics HTTP/1.0\r\n\r\n";
    std::string answer, chunk(4096, '\0');

    if (connect(client.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0 ||
        send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        throw std::runtime_error(fmt::format("scrape of port {}: {}", port, describe_errno(errno)));
    for (ssize_t n = 1; n > 0; answer.append(chunk, 0, static_cast<std::size_t>(n)))
        n = std::max<ssize_t>(read(client.get(), chunk.data(), chunk.size()), 0);
    std::istringstream text{answer};
    return parse(text);
}

// True: the guards deny.
class OpenguardMetrics : public testing::TestWithParam<bool> {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(lsm);
        SNOOP_NEEDS(exporter);
    }

    void start(Args args)
    {
        if (enforces_)
            args.insert(args.begin(), "--enforce");
        args.insert(args.end(), {"--also", "unlink", one_});
        tool_.emplace("openguard", args);
    }

    // An open that is none of the guard's follows each.
    void open_times(int times)
    {
        for (int i = 0; i < times; i++) {
            EXPECT_EQ(by_child([&] { return open_it(one_); }).err, enforces_ ? EPERM : 0);
            EXPECT_EQ(by_child([&] { return open_it(other_); }).err, 0);
        }
        opens_ += times;
    }
    void unlink_it()
    {
        const std::string name = dir_.at(fmt::format("link{}", unlinks_++));
        ASSERT_EQ(link(one_.c_str(), name.c_str()), 0);
        EXPECT_EQ(by_child([&] { return unlink(name.c_str()) == 0 ? 0 : -errno; }).err, enforces_ ? EPERM : 0);
    }

    [[nodiscard]] static std::string decisions(const char *decision, const char *op)
    {
        return fmt::format(R"(snoop_guard_decisions_total{{decision="{}",op="{}"}})", decision, op);
    }
    // Waits until the metrics show all that was made, and checks that they show nothing else.
    void expect_counted(const std::function<Metrics()> &read)
    {
        const std::string printed = R"(snoop_events_total{tool="openguard",outcome="printed"})";
        Metrics metrics;
        const auto has_all = [&] {
            metrics = read();
            return metrics.contains(printed) && metrics[printed] >= opens_ + unlinks_;
        };

        EXPECT_TRUE(eventually(has_all));
        const char *did = enforces_ ? "denied" : "audited", *did_not = enforces_ ? "audited" : "denied";
        EXPECT_EQ(metrics[printed], opens_ + unlinks_);
        EXPECT_EQ(metrics[decisions(did, "open")], opens_);
        EXPECT_EQ(metrics.contains(decisions(did, "unlink")), unlinks_ > 0);
        EXPECT_EQ(metrics[decisions(did, "unlink")], unlinks_);
        EXPECT_TRUE(metrics.contains(decisions(did_not, "open")));
        EXPECT_EQ(metrics[decisions(did_not, "open")], 0);
        EXPECT_FALSE(metrics.contains(decisions(did_not, "unlink")));
        EXPECT_EQ(metrics[R"(snoop_up{tool="openguard"})"], 1);
    }
    void stop()
    {
        EXPECT_EQ(tool_->stop(), 0) << tool_->err();
        EXPECT_EQ(expect_balance(tool_->err())["printed"], static_cast<std::uint64_t>(opens_ + unlinks_));
    }

    const bool enforces_ = GetParam();
    TempDir dir_;
    const std::string one_ = dir_.file("one", "1"), other_ = dir_.file("other", "2");
    std::optional<ToolRun> tool_;
    int opens_ = 0, unlinks_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, OpenguardMetrics, testing::Bool(),
                         [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

// It is written every 15 seconds.
TEST_P(OpenguardMetrics, File)
{
    const std::string file = dir_.at("openguard.prom");
    start({"--metrics-file", file});

    open_times(3);
    unlink_it();
    expect_counted([&] { return read_metrics(file); });
    open_times(4);
    expect_counted([&] { return read_metrics(file); });
    stop();
    EXPECT_NE(access(file.c_str(), F_OK), 0);
}

TEST_P(OpenguardMetrics, Scraped)
{
    start({"--metrics", "127.0.0.1:0"});
    const std::string said = tool_->err(), url = "http://127.0.0.1:";
    const auto at = said.find(url);
    ASSERT_NE(at, said.npos) << said;
    const auto read = [port = static_cast<std::uint16_t>(std::stoi(said.substr(at + url.size())))] {
        return scrape(port);
    };

    expect_counted(read);
    open_times(3);
    expect_counted(read);
    open_times(4);
    unlink_it();
    unlink_it();
    expect_counted(read);
    stop();
}

} // namespace
} // namespace snoop::test

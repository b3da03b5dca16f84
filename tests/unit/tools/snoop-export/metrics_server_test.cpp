// SPDX-License-Identifier: BSD-2-Clause
// Metrics of a tool over HTTP and in a file, until the tool ends.
#include "base/error.hpp"
#include "snoop-export/metrics_server.hpp"
#include "unit/files.hpp"
#include "unit/metrics_tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstdlib>
#include <future>
#include <netinet/in.h>
#include <thread>
#include <unistd.h>

namespace snoop::snoop_export {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};

    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// serve_metrics() reads standard input.
class Server : public testing::Test {
protected:
    Server() : stdin_(dup(STDIN_FILENO)) { dup2(tool.helper.get(), STDIN_FILENO); }
    ~Server() override
    {
        end();
        if (server_.joinable())
            server_.join();
        dup2(stdin_.get(), STDIN_FILENO);
    }

    // Returns where metrics are.
    std::string serve(const MetricsTarget &target)
    {
        server_ = std::thread{[this, target] {
            try {
                serve_metrics(target, {.say = [](std::string_view) {},
                                       .ready = [this](const auto &where) { ready_.set_value(where); },
                                       .ended = [] {}});
            } catch (...) {
                ready_.set_exception(std::current_exception());
            }
        }};
        return ready_.get_future().get();
    }
    // Likewise, but returns "" if this program is built without prometheus-cpp.
    std::string serve_if_built(const MetricsTarget &target)
    {
        try {
            return serve(target);
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_lacks) << error.what();
            return "";
        }
    }
    // Both ends of the tool's socket: the server's is standard input, too.
    void end()
    {
        tool.end();
        tool.helper.reset();
    }
    void wait_for_end() { server_.join(); }

    ToolEnd tool;

private:
    Fd stdin_;
    std::thread server_;
    std::promise<std::string> ready_;
};

#define SNOOP_NEEDS_PROMETHEUS(where)                                                                                  \
    if ((where).empty())                                                                                               \
        GTEST_SKIP() << "SKIP: lacks prometheus-cpp";                                                                  \
    static_assert(true)

TEST_F(Server, AnswersHttp)
{
    tool.say(metrics_tool_line("execcount"));
    const std::string where = serve_if_built({.address = "127.0.0.1:0", .file = {}});
    SNOOP_NEEDS_PROMETHEUS(where);
    const std::string before = "http://127.0.0.1:";
    ASSERT_THAT(where, StartsWith(before));
    EXPECT_THAT(where, EndsWith("/metrics"));
    const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::stoi(where.substr(before.size()))));
    const Fd client{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)), 0);
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    ASSERT_EQ(write(client.get(), request.data(), request.size()), static_cast<ssize_t>(request.size()));
    tool.answer("x_total", 3);

    const std::string answer = read_all(client.get());
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain"));
    EXPECT_THAT(answer, HasSubstr("\n# HELP x_total Things.\n# TYPE x_total counter\nx_total{comm=\"a\"} 3\n"));
    EXPECT_THAT(answer, HasSubstr("\nsnoop_up{tool=\"execcount\"} 1\n"));
    tool.end();
    wait_for_end();
    const Fd late{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_NE(connect(late.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)), 0);
}

TEST_F(Server, SaysThatAddressIsTaken)
{
    const Fd other{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(other.get(), reinterpret_cast<const sockaddr *>(&address), size), 0);
    ASSERT_EQ(listen(other.get(), 1), 0);
    ASSERT_EQ(getsockname(other.get(), reinterpret_cast<sockaddr *>(&address), &size), 0);
    const std::string place = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));

    try {
        serve({.address = place, .file = {}});
        FAIL() << "it listens at a taken address";
    } catch (const Error &error) {
        if (error.code() == exit_lacks)
            GTEST_SKIP() << "SKIP: lacks prometheus-cpp";
        EXPECT_EQ(error.code(), exit_runtime);
        EXPECT_EQ(error.what(), "--metrics: cannot listen at " + place + ": Address already in use (EADDRINUSE)");
    }
}

TEST_F(Server, WritesFile)
{
    const TempDir dir;
    const std::string path = dir / "x.prom";
    tool.say(metrics_tool_line("execcount"));
    const std::string where = serve_if_built({.address = {}, .file = path});
    SNOOP_NEEDS_PROMETHEUS(where);
    EXPECT_EQ(where, path);
    tool.answer("x_total", 3);
    std::string text;
    for (int i = 0; i < 6000 && text.empty(); i++, usleep(10'000))
        text = read_file(path);
    EXPECT_EQ(text, "# HELP x_total Things.\n# TYPE x_total counter\nx_total{comm=\"a\"} 3\n"
                    "# HELP snoop_up Whether the tool answered: 1, or 0.\n# TYPE snoop_up gauge\n"
                    "snoop_up{tool=\"execcount\"} 1\n");
    tool.end();
    wait_for_end();
    EXPECT_NE(access(path.c_str(), F_OK), 0);
}

} // namespace
} // namespace snoop::snoop_export

// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: blocks, JSON rows, and the table on a terminal.
#include "xdpcount/xdpcount.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

TEST_F(Xdpcount, Block)
{
    constexpr const char *head = R"(# \d\d:\d\d:\d\d, \d+\.\d s, by packets, near0 in, native)";
    ToolRun tool{"xdpcount", {"near0", "-i", "1000", "--drop", "icmp"}, there()};
    Wire wire = in();
    const Mixed frames{false};

    wire.send(frames.dns, 5);
    wire.send(frames.web, 3);
    wire.send(frames.ping, 2);
    wire.arrived();
    EXPECT_EQ(tool.stop(), 0);
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(8)) << tool.out();
    EXPECT_TRUE(matches(lines[0], head)) << lines[0];
    EXPECT_EQ(lines[1], "PROTO      PORT    PACKETS    PER-SEC      BYTES    BYTES/S    DROPPED   UNPARSED  SHARE BAR");
    const auto is_row = [](const std::string &line, const char *key, int packets, std::size_t bytes, int dropped) {
        return matches(
            line, fmt::format(R"({} +{} +\d+\.\d +{} +\d+\.\d +{} +0 +\d+\.\d% #+)", key, packets, bytes, dropped));
    };
    EXPECT_TRUE(is_row(lines[2], "udp        53  ", 5, 5 * frames.dns.size(), 0)) << lines[2];
    EXPECT_TRUE(is_row(lines[3], "tcp        80  ", 3, 3 * frames.web.size(), 0)) << lines[3];
    EXPECT_TRUE(is_row(lines[4], "icmp       -   ", 2, 2 * frames.ping.size(), 2)) << lines[4];
    EXPECT_TRUE(is_row(lines[5], "eth/0x88b6 -   ", 1, mark.size(), 0)) << lines[5];
    EXPECT_TRUE(
        matches(lines[6], R"(# total 11, \d+\.\d a second, bytes \d+, \d+\.\d a second, dropped 2, unparsed 0)"))
        << lines[6];
    EXPECT_EQ(lines[7], "");
    EXPECT_THAT(tool.err_lines(),
                ElementsAre("xdpcount: near0: received packets, XDP, native",
                            "xdpcount: near0: dropping icmp until xdpcount exits",
                            "xdpcount: tracing, press Ctrl-C to stop",
                            testing::ContainsRegex("^xdpcount: seen 11 = counted 11 \\+ filtered 0 \\+ other 0 \\+ "
                                                   "lost 0; bytes [0-9]+; dropped 2; unparsed 0$")));
}

TEST_F(Xdpcount, EachKeyOfJson)
{
    ToolRun tool{"xdpcount", json({"--drop", "udp/53"}), there()};
    const Mixed frames{false};
    Wire wire = in();
    wire.send(frames.dns, 2);
    wire.arrived();
    ended(tool);
    Json row = tool.rows().at(0);

    EXPECT_TRUE(matches(row["time"].get<std::string>(), R"(\d{4}-\d\d-\d\dT[\d:.]+Z)"));
    EXPECT_GT(row["packets_rate"], 0);
    EXPECT_GT(row["bytes_rate"], row["packets_rate"]);
    for (const char *key :
         {"time", "packets_rate", "bytes_rate", "dropped_rate", "dropped_bytes_rate", "unparsed_rate"})
        row.erase(key);
    const std::size_t bytes = 2 * frames.dns.size();
    EXPECT_EQ(row, (Json{{"event", "count"},
                         {"by", "port"},
                         {"key", "udp/53"},
                         {"iface", "near0"},
                         {"direction", "in"},
                         {"mode", "native"},
                         {"proto", "udp"},
                         {"port", 53},
                         {"address", nullptr},
                         {"vlan", nullptr},
                         {"tcp_flags", nullptr},
                         {"packets", 2},
                         {"packets_delta", 2},
                         {"bytes", bytes},
                         {"bytes_delta", bytes},
                         {"dropped", 2},
                         {"dropped_delta", 2},
                         {"dropped_bytes", bytes},
                         {"dropped_bytes_delta", bytes},
                         {"unparsed", 0},
                         {"unparsed_delta", 0},
                         {"other", false}}));
}

TEST_F(Xdpcount, TopAndSort)
{
    const auto protos = [&](const Args &more) {
        Args args{"near0", "-i", "1000", "--by", "proto"};
        args.insert(args.end(), more.begin(), more.end());
        ToolRun tool{"xdpcount", args, there()};
        Wire wire = in();
        wire.send(ethernet(0x0800, ipv4({.protocol = 1}, std::string(500, 'x'))), 2);
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(1, 2))), 4);
        wire.send(ethernet(0x0800, ipv4({.protocol = 17}, udp(1, 2))), 3);
        wire.arrived();
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (!line.empty() && !line.starts_with('#') && !line.starts_with("PROTO") && !line.starts_with("eth"))
                names.push_back(line.substr(0, line.find(' ')));
        return names;
    };

    EXPECT_THAT(protos({}), ElementsAre("tcp", "udp", "icmp"));
    EXPECT_THAT(protos({"--sort", "bytes"}), ElementsAre("icmp", "tcp", "udp"));
    EXPECT_THAT(protos({"--sort", "rate"}), ElementsAre("tcp", "udp", "icmp"));
    EXPECT_THAT(protos({"--sort", "key"}), ElementsAre("icmp", "tcp", "udp"));
    EXPECT_THAT(protos({"--sort", "dropped", "--drop", "udp/2"}), ElementsAre("udp", "icmp", "tcp"));
    EXPECT_THAT(protos({"--top", "2"}), ElementsAre("tcp", "udp"));
}

TEST_F(Xdpcount, BlockPerInterval)
{
    ToolRun tool{"xdpcount", {"near0", "-i", "0.1"}, there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns);
    tool.line_with("udp   53");
    wire.send(Mixed{false}.dns);
    tool.line_where([](const std::string &line) { return line.starts_with("udp   53            2 "); });
    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

TEST_F(Xdpcount, Command)
{
    ToolRun tool{"xdpcount", json({"--once", "--", "/bin/sh", "-c", "exit 3"}), there()};
    EXPECT_EQ(tool.wait(), 3);
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: /bin/sh exited with 3\n"));
}

// The tool in a terminal's window, in the network namespace that its first argument names.
const Load in_namespace{"in_namespace", [](const std::vector<std::string> &args) {
                            const Fd space{open(args.at(0).c_str(), O_RDONLY | O_CLOEXEC)};
                            if (setns(space.get(), CLONE_NEWNET) != 0)
                                return 1;
                            const Args command{args.begin() + 1, args.end()};
                            execv(command.at(0).c_str(), pointers(command).data());
                            return 127;
                        }};

TEST_F(Xdpcount, OnATerminal)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{100,
                      12,
                      {"env", "LC_ALL=C", "SNOOP_LOAD=" + in_namespace.env().at("SNOOP_LOAD"), Load::self(),
                       net->near.space.path(), tool_path("xdpcount"), "near0", "-i", "0.1"}};
    Wire wire = in();
    const Mixed frames{false};
    terminal.wait_for("# total 0");

    wire.send(frames.dns, 3);
    wire.send(frames.web, 2);
    terminal.wait_for("# total 5");
    auto lines = terminal.lines();
    ASSERT_THAT(lines, SizeIs(Ge(5)));
    EXPECT_THAT(lines[0], testing::EndsWith("by packets, near0 in, native"));
    EXPECT_THAT(lines[1], StartsWith("PROTO PORT    PACKETS    PER-SEC      BYTES    BYTES/S  SHARE BAR"));
    EXPECT_THAT(lines[2], StartsWith("udp   53            3 "));
    EXPECT_THAT(lines[2], SizeIs(100)); // the largest bar fills the window
    EXPECT_THAT(lines[3], StartsWith("tcp   80            2 "));
    terminal.press("s");
    terminal.wait_for("by bytes");
    EXPECT_THAT(terminal.lines()[2], StartsWith("udp"));
    terminal.press("s");
    terminal.wait_for("by rate");
    terminal.press("s");
    terminal.wait_for("by key");
    EXPECT_THAT(terminal.lines()[2], StartsWith("tcp"));
    terminal.press("c");
    terminal.wait_for("# total 0");
    wire.send(frames.web);
    terminal.wait_for("# total 1");
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    terminal.wait_for("counted 6");
}

} // namespace
} // namespace snoop::test

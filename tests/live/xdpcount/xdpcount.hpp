// SPDX-License-Identifier: BSD-2-Clause
// Shared by xdpcount's live tests: a veth pair, and the tool at one of its ends.
//     ToolRun tool{"xdpcount", json(), there()};
//     EXPECT_EQ(ended(tool), …);
#pragma once

#include "accounting.hpp"
#include "counts.hpp"
#include "frames.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "maps.hpp"
#include "net.hpp"
#include "privileges.hpp"
#include "terminal.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace snoop::test {

using Args = std::vector<std::string>;

// The ways to attach.
struct Method {
    const char *name;
    bool is_out;
    std::optional<Hook> hook = {};
};

inline void PrintTo(const Method &method, std::ostream *out) { *out << method.name; }

// A frame sent after the others to know that they have arrived; not counted.
inline const std::string mark = ethernet(0x88b6, "the end");
constexpr const char *mark_key = "eth/0x88b6";

class Xdpcount : public testing::Test {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(veth);
        SNOOP_NEEDS(xdp);
        net.emplace(mtu());
    }
    [[nodiscard]] virtual unsigned mtu() const { return 1500; }

    [[nodiscard]] Start there() const
    {
        return {.in_child = [this] { net->near.enter(); }, .env = {{"LC_ALL", "C"}}}; // bars of ASCII
    }
    [[nodiscard]] static Args json(const Args &more = {})
    {
        Args args{"near0", "-o", "json", "-i", "1000"};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // Packets that enter and leave at near0.
    [[nodiscard]] Wire in() const { return {net->far, net->near, mark}; }
    [[nodiscard]] Wire out() const { return {net->near, net->far, mark}; }
    // Stops the tool. Returns its last counts, which its accounting matches.
    Counts ended(ToolRun &tool, const std::string &measure = "packets", int signal = SIGTERM)
    {
        EXPECT_EQ(tool.stop(signal), 0) << tool.err();
        return counts_of(tool, measure);
    }
    static Counts counts_of(ToolRun &tool, const std::string &measure = "packets")
    {
        const Counts packets = counts_in(tool.rows(), "packets");
        auto accounting = expect_balance(tool.err());
        EXPECT_EQ(accounting["counted"] + accounting["other"], sum(packets)) << tool.out();
        EXPECT_EQ(accounting["bytes"], sum(counts_in(tool.rows(), "bytes")));
        Counts counts = counts_in(tool.rows(), measure);
        counts.erase(mark_key);
        return counts;
    }

    OneCpu one_queue; // frames stay in their order
    std::optional<VethPair> net;
};

// Every attach method.
class Methods : public Xdpcount, public testing::WithParamInterface<Method> {
protected:
    void SetUp() override
    {
        if (GetParam().hook == Hook::tcx)
            SNOOP_NEEDS(tcx);
        if (GetParam().hook == Hook::clsact)
            SNOOP_NEEDS(clsact);
        Xdpcount::SetUp();
    }
    [[nodiscard]] static bool is_out() { return GetParam().is_out; }
    [[nodiscard]] static Args with_method(const Args &more = {})
    {
        Args args{"near0", "-i", "1000", "--mode", GetParam().name};
        if (std::ranges::find(more, "-o") == more.end())
            args.insert(args.end(), {"-o", "json"});
        if (is_out())
            args.emplace_back("--tc");
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    [[nodiscard]] Wire wire() const { return is_out() ? out() : in(); }
};

// One method for each direction, for tests of the programs.
class InAndOut : public Methods {};

class OutMethods : public Methods {};

struct Known {
    std::string frame;
    std::string proto;
    std::size_t needed; // bytes, to know what it is
    unsigned from = 0;  // ports, if it has any
    unsigned to = 0;

    [[nodiscard]] std::string key(bool is_out) const
    {
        return from ? fmt::format("{}/{}", proto, is_out ? from : to) : proto;
    }
};

inline std::vector<Known> known_frames()
{
    constexpr std::size_t eth = 14, ip4 = eth + 20, ip6 = eth + 40, ports = 4;
    const std::string some(28, 'x');
    const auto v4 = [](const Ipv4 &header, const std::string &payload) {
        return ethernet(0x0800, ipv4(header, payload));
    };
    const auto v6 = [](std::uint8_t next, const std::string &payload) {
        return ethernet(0x86dd, ipv6({.next = next}, payload));
    };
    std::string many = udp(40015, 65); // 150 extension headers
    for (int i = 0; i < 150; i++)
        many = extension(i == 0 ? 17 : 60, many);
    std::string tags = tag(0, 0x0800, ipv4({.protocol = 17}, udp(40022, 72))); // 300 tags
    for (int i = 1; i < 300; i++)
        tags = tag(0, i % 2 ? 0x8100 : 0x88a8, tags);
    const std::string ah = std::string{6, 4} + std::string(22, '\0'); // (4 + 2) * 4 bytes

    return {
        {ethernet(0x0806, some), "arp", eth},
        {ethernet(0x88b5, some), "eth/0x88b5", eth},
        {ethernet(38, some), "802.3", eth},
        // IPv4
        {v4({.protocol = 1}, some), "icmp", ip4},
        {v4({.protocol = 17}, udp(40000, 53)), "udp", ip4 + ports, 40000, 53},
        {v4({.protocol = 6}, tcp(40001, 443)), "tcp", ip4 + ports, 40001, 443},
        {v4({.protocol = 132}, udp(40002, 3868)), "sctp", ip4 + ports, 40002, 3868},
        {v4({.protocol = 17, .options = std::string(40, '\1')}, udp(40003, 54)), "udp", ip4 + 40 + ports, 40003, 54},
        {v4({.protocol = 89}, some), "ospf", ip4},
        {v4({.protocol = 200}, some), "ip/200", ip4},
        {v4({.protocol = 17, .length = 0}, udp(40004, 55)), "udp", ip4 + ports, 40004, 55},
        {v4({.protocol = 17, .length = 22}, udp(40005, 56)), "truncated", 0}, // behind 22 bytes is padding
        {v4({.protocol = 17, .fragment = 0x2000}, udp(40006, 57)), "udp", ip4 + ports, 40006, 57},
        {v4({.protocol = 17, .fragment = 0x2001}, some), "udp/fragment", ip4},
        {v4({.protocol = 1, .fragment = 0x0001}, some), "icmp/fragment", ip4},
        {v4({.protocol = 51}, ah + tcp(40007, 58)), "tcp", ip4 + 24 + ports, 40007, 58},
        {v4({.protocol = 17, .first = 0x55}, udp(1, 2)), "malformed", ip4},
        {v4({.protocol = 17, .first = 0x44}, udp(1, 2)), "malformed", ip4},
        // IPv6
        {v6(17, udp(40010, 60)), "udp", ip6 + ports, 40010, 60},
        {v6(6, tcp(40011, 61)), "tcp", ip6 + ports, 40011, 61},
        {v6(58, some), "icmp6", ip6},
        {v6(59, ""), "none", ip6},
        {v6(0, extension(60, extension(43, extension(6, tcp(40012, 62)), 3))), "tcp", ip6 + 40 + ports, 40012, 62},
        {v6(51, ah + tcp(40013, 63)), "tcp", ip6 + 24 + ports, 40013, 63},
        {v6(44, fragment(17, 0, udp(40014, 64))), "udp", ip6 + 8 + ports, 40014, 64},
        {v6(44, fragment(17, 5, some)), "udp/fragment", ip6 + 4},
        {v6(60, many), "udp", ip6 + 150 * 8 + ports, 40015, 65},
        {ethernet(0x86dd, ipv6({.next = 17, .first = 0x40}, udp(1, 2))), "malformed", ip6},
        // VLANs
        {ethernet(0x8100, tag(7, 0x0800, ipv4({.protocol = 17}, udp(40020, 70)))), "udp", ip4 + 4 + ports, 40020, 70},
        {ethernet(0x8100, tag(0, 0x0806, some)), "arp", eth + 4},
        {ethernet(0x88a8, tag(7, 0x8100, tag(8, 0x86dd, ipv6({.next = 6}, tcp(40021, 71))))), "tcp", ip6 + 8 + ports,
         40021, 71},
        {ethernet(0x8100, tags), "udp", ip4 + 300 * 4 + ports, 40022, 72},
    };
}

// Frames, some of which the rules drop.
struct Mixed {
    // The remote address is the source of received packets and the destination of sent ones.
    explicit Mixed(bool is_out) : is_out_(is_out) {}

    [[nodiscard]] std::string v4(std::uint8_t protocol, const std::string &payload, const char *peer) const
    {
        Ipv4 header{.protocol = protocol};
        (is_out_ ? header.to : header.from) = peer;
        return ethernet(0x0800, ipv4(header, payload));
    }
    [[nodiscard]] std::string v6(std::uint8_t next, const std::string &payload, const char *peer) const
    {
        Ipv6 header{.next = next};
        (is_out_ ? header.to : header.from) = peer;
        return ethernet(0x86dd, ipv6(header, payload));
    }

    bool is_out_;
    const std::string ping = v4(1, "ping", "198.51.100.1"), ping6 = v6(58, "ping", "2001:db8:1::1"),
                      dns = v4(17, udp(1000, 53), "198.51.100.1"), dns6 = v6(17, udp(1000, 53), "2001:db8:1::1"),
                      answer = v4(17, udp(53, 1000), "198.51.100.1"), web = v4(6, tcp(1000, 80), "203.0.113.7"),
                      web6 = v6(6, tcp(1000, 80), "2001:db8:2::7"), arp = ethernet(0x0806, "arp");

    [[nodiscard]] std::vector<std::string> all() const { return {ping, ping6, dns, dns6, answer, web, web6, arp}; }
};

} // namespace snoop::test

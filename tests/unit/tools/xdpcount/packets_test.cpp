// SPDX-License-Identifier: BSD-2-Clause
// Names of protocols, and valid and invalid rules of xdpcount.
#include "base/error.hpp"
#include "xdpcount/packets.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>

#include <string>

namespace {

using namespace snoop;
using namespace snoop::xdpcount;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Packets, Names)
{
    EXPECT_EQ(protocol_name(6), "tcp");
    EXPECT_EQ(protocol_name(58), "icmp6");
    EXPECT_EQ(protocol_name(200), "ip/200");
    EXPECT_EQ(ether_type_name(0x0806), "arp");
    EXPECT_EQ(ether_type_name(0), "802.3");
    EXPECT_EQ(ether_type_name(0x88b5), "eth/0x88b5");
    EXPECT_EQ(ether_type_name(0x0600), "eth/0x0600");
    constexpr std::uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    EXPECT_EQ(address_text(v4), "192.0.2.1");
    EXPECT_EQ(address_text(v6), "2001:db8::1");
}

TEST(DropRules, OfPorts)
{
    const auto expect = [](const std::string &text, unsigned proto, unsigned port) {
        const auto rule = std::get<drop_port>(parse_drop(text));
        EXPECT_EQ(ntohs(rule.proto), proto) << text;
        EXPECT_EQ(ntohs(rule.port), port) << text;
    };

    expect("icmp", 1, 0);
    expect("icmp6", 58, 0);
    expect("tcp/80", 6, 80);
    expect("udp/65535", 17, 65535);
}

TEST(DropRules, OfNetworks)
{
    const auto v4 = [](const std::string &text) { return std::get<drop_ipv4>(parse_drop(text)); };
    const auto v6 = [](const std::string &text) { return std::get<drop_ipv6>(parse_drop(text)); };

    EXPECT_EQ(v4("10.0.0.0/8").bits, 8u);
    EXPECT_EQ(address_text(v4("10.1.0.0/8").addr), "10.1.0.0");
    EXPECT_EQ(v4("0.0.0.0/0").bits, 0u);
    EXPECT_EQ(v4("192.0.2.7").bits, 32u);
    EXPECT_EQ(v6("::/0").bits, 0u);
    EXPECT_EQ(v6("2001:db8::7").bits, 128u);
    EXPECT_EQ(address_text(v6("2001:db8::/32").addr), "2001:db8::");
}

TEST(Packets, TcpFlags)
{
    EXPECT_EQ(tcp_flags_text(0x02), "[S]");
    EXPECT_EQ(tcp_flags_text(0x12), "[S.]");
    EXPECT_EQ(tcp_flags_text(0xc2), "[SEW]");
    EXPECT_EQ(tcp_flags_text(0x29), "[FPU]");
    EXPECT_EQ(tcp_flags_text(0), "[none]");
    EXPECT_EQ(tcp_flags_text(0xff), "[FSRP.UEW]");
}

TEST(DropRules, OfTcpFlags)
{
    const auto expect = [](const std::string &text, unsigned value, unsigned mask) {
        const auto rule = std::get<DropTcpFlags>(parse_drop(text));
        EXPECT_EQ(rule.value, value) << text;
        EXPECT_EQ(rule.mask, mask) << text;
    };

    expect("tcp-flags=syn", 0x02, 0x17);
    expect("tcp-flags=ack,syn", 0x12, 0x17);
    expect("tcp-flags=fin,psh,urg", 0x29, 0x3f);
    expect("tcp-flags=none", 0, 0xff);
    expect("tcp-flags=none/syn,ack", 0, 0x12);
    expect("tcp-flags=rst/rst", 0x04, 0x04);
    EXPECT_TRUE((DropTcpFlags{0x02, 0x17}.names(0xc2)));
    EXPECT_FALSE((DropTcpFlags{0x02, 0x17}.names(0x12)));
}

TEST(DropRules, InvalidRules)
{
    for (const char *text : {"",
                             "tcp",
                             "tcp/",
                             "tcp/0",
                             "tcp/65536",
                             "tcp/x",
                             "tcp/80 ",
                             "tcp/080x",
                             "udp/-1",
                             "udp/+1",
                             "icmp/8",
                             "ICMP",
                             "sctp/5",
                             "10.0.0.0/33",
                             "10.0.0.0/",
                             "10.0.0.0/-1",
                             "10.0.0.0/8/8",
                             "10.0.0",
                             "fe80::/129",
                             "fe80::1%eth0",
                             "host.example",
                             " 10.0.0.1",
                             "tcp-flags",
                             "tcp-flags=",
                             "tcp-flags=SYN",
                             "tcp-flags=syn,",
                             "tcp-flags=syn,,ack",
                             "tcp-flags=syn/ack",
                             "tcp-flags=none/",
                             "tcp-flags=syn/none",
                             "tcp-flags=none,syn"}) {
        try {
            parse_drop(text);
            ADD_FAILURE() << "accepted: " << text;
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            EXPECT_THAT(error.what(), AllOf(StartsWith("--drop: invalid "), HasSubstr(std::string{"'"} + text + "'")));
        }
    }
}

} // namespace

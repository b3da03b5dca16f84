// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: large frames, segments, many keys, several CPUs.
#include "accounting.hpp"
#include "xdpcount/xdpcount.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class JumboFrames : public Xdpcount {
protected:
    [[nodiscard]] unsigned mtu() const override { return 9000; }
};

TEST_F(JumboFrames, CountedWhole)
{
    const std::string large = ethernet(0x0800, ipv4({.protocol = 17}, udp(1000, 53, std::string(8000, 'x'))));
    // Its ports are behind the first buffer of a page.
    const std::string deep =
        ethernet(0x86dd, ipv6({.next = 60}, extension(60, extension(17, udp(1000, 54), 256), 256)));
    ToolRun tool{"xdpcount", json({"--drop", "udp/54"}), there()};
    Wire wire = in();

    wire.send(large, 3);
    wire.send(deep, 2);
    wire.arrived();
    EXPECT_THAT(ended(tool, "bytes"),
                UnorderedElementsAre(Pair("udp/53", 3 * large.size()), Pair("udp/54", 2 * deep.size())));
    EXPECT_THAT(counts_of(tool, "dropped"), Contains(Pair("udp/54", 2)));
    // Before 5.18 a driver takes no frame that is larger than a page.
    EXPECT_THAT(tool.err_lines()[0],
                testing::AnyOf(testing::EndsWith("XDP, native"),
                               testing::ContainsRegex("generic; native mode failed: .*Peer MTU is too large")));
}

// The stack hands over data that the device cuts into segments, each of which counts as a packet.
TEST_P(OutMethods, TcpSegments)
{
    constexpr std::size_t bytes = 1'000'000;
    Fd listener, sender, receiver;
    tcp_info info{};
    sockaddr_in to{AF_INET, htons(5001), {}, {}};

    inet_pton(AF_INET, "192.0.2.2", &to.sin_addr);
    net->far.space.in([&] {
        add_address(net->far.index, "192.0.2.2", 24);
        listener = Fd{socket(AF_INET, SOCK_STREAM, 0)};
        ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
        ASSERT_EQ(listen(listener.get(), 1), 0);
    });
    net->near.space.in([&] { add_address(net->near.index, "192.0.2.1", 24); });
    ToolRun tool{"xdpcount", with_method({"--by", "peer"}), there()};
    net->near.space.in([&] {
        sender = Fd{socket(AF_INET, SOCK_STREAM, 0)};
        ASSERT_EQ(connect(sender.get(), reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
    });
    receiver = Fd{accept(listener.get(), nullptr, nullptr)};
    Process reads{[&] {
        std::string buffer(1 << 16, '\0');
        std::size_t left = bytes;
        while (left > 0)
            left -= static_cast<std::size_t>(read(receiver.get(), buffer.data(), buffer.size()));
    }};
    const std::string data(bytes, 'x');
    ASSERT_EQ(write(sender.get(), data.data(), data.size()), static_cast<ssize_t>(bytes));
    reads.wait();
    socklen_t size = sizeof(info);
    ASSERT_TRUE(eventually([&] { // until all is acknowledged
        return getsockopt(sender.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_unacked == 0 &&
               info.tcpi_notsent_bytes == 0;
    }));

    const Counts packets = ended(tool);
    EXPECT_THAT(packets, Contains(Pair("tcp/5001", info.tcpi_segs_out)));
    // Ethernet, IP, TCP with its timestamps; the SYN has 8 bytes of options more.
    const std::size_t headers = 14 + 20 + 20 + 12;
    EXPECT_THAT(counts_of(tool, "bytes"),
                Contains(Pair("tcp/5001", bytes + info.tcpi_bytes_retrans + info.tcpi_segs_out * headers + 8)));
    EXPECT_GT(info.tcpi_segs_out, bytes / 1500);
}

// Sends a frame of TCP that is to be cut into segments of `size` bytes.
void send_unsegmented(const NetEnd &from, const std::string &frame, std::uint16_t headers, std::uint16_t size)
{
    // struct virtio_net_hdr, whose header is none of C++.
    const struct {
        std::uint8_t needs_checksum = 1, tcp_of_ipv4 = 1;
        std::uint16_t header_bytes, segment, checksum_from = 14 + 20, checksum_at = 16;
    } offload{.header_bytes = headers, .segment = size};

    from.space.in([&] {
        const Fd socket{::socket(AF_PACKET, SOCK_RAW, 0)};
        const int on = 1;
        ASSERT_EQ(setsockopt(socket.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
        sockaddr_ll to{};
        to.sll_family = AF_PACKET;
        to.sll_protocol = htons(0x0800);
        to.sll_ifindex = from.index;
        const std::string all = std::string{reinterpret_cast<const char *>(&offload), sizeof(offload)} + frame;
        ASSERT_EQ(sendto(socket.get(), all.data(), all.size(), 0, reinterpret_cast<sockaddr *>(&to), sizeof(to)),
                  static_cast<ssize_t>(all.size()));
    });
}

// Data from another machine or a packet socket does not say into how many segments it will be cut.
TEST_P(OutMethods, SegmentsWithoutCount)
{
    constexpr std::size_t payload = 5500, size = 1000, headers = 14 + 20 + 20;
    ToolRun tool{"xdpcount", with_method(), there()};

    send_unsegmented(net->near, Mixed{true}.v4(6, tcp(1000, 80, std::string(payload, 'x')), "198.51.100.1"), headers,
                     size);
    EXPECT_THAT(ended(tool), ElementsAre(Pair("tcp/1000", 6)));
    EXPECT_THAT(counts_of(tool, "bytes"), ElementsAre(Pair("tcp/1000", payload + 6 * headers)));
}

class InMethods : public Methods {};

INSTANTIATE_TEST_SUITE_P(, InMethods, testing::Values(Method{"native", false}, Method{"generic", false}),
                         [](const auto &method) { return method.param.name; });

// veth cuts data into segments for a program in the driver; a generic program sees it in one piece.
TEST_P(InMethods, UnsegmentedData)
{
    constexpr std::size_t payload = 5500, size = 1000, headers = 14 + 20 + 20;
    const bool is_generic = std::string_view{GetParam().name} == "generic";
    const std::size_t packets = is_generic ? 1 : 6;
    ToolRun tool{"xdpcount", with_method(), there()};
    Wire wire = in();

    send_unsegmented(net->far, Mixed{false}.v4(6, tcp(1000, 80, std::string(payload, 'x')), "198.51.100.1"), headers,
                     size);
    wire.arrived();
    EXPECT_THAT(ended(tool), ElementsAre(Pair("tcp/80", packets)));
    EXPECT_THAT(counts_of(tool, "bytes"), ElementsAre(Pair("tcp/80", payload + packets * headers)));
}

TEST_F(Xdpcount, InterfaceWithoutEthernet)
{
    SNOOP_NEEDS(tun);
    const TunDevice device{net->near.space};
    ToolRun tool{"xdpcount", {"tun0", "-o", "json", "-i", "1000", "--drop", "192.0.2.1"}, there()};

    for (int i = 0; i < 3; i++)
        device.send(ipv4({.protocol = 17}, udp(1000, 53)));
    device.send(ipv6({.next = 6}, tcp(1000, 80)));
    EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("udp/53", 3), Pair("tcp/80", 1)));
    EXPECT_THAT(counts_of(tool, "dropped"), UnorderedElementsAre(Pair("udp/53", 3), Pair("tcp/80", 0)));
}

// A port scan: each packet has a new key, faster than the kernel allocates memory.
TEST_P(InAndOut, FiveThousandPorts)
{
    constexpr unsigned ports = 5'000;
    ToolRun tool{"xdpcount", with_method({"-o", "text", "--top", "1"}), there()};
    Wire wire = this->wire();

    for (unsigned port = 1; port <= ports; port++)
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(port, port))));
    wire.arrived();
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["other"], 0u);
    EXPECT_EQ(accounting["counted"], ports + ports / 64 + 1); // the marks
    EXPECT_THAT(tool.lines(), Contains(fmt::format("# {} more keys", ports)));
}

TEST_P(InAndOut, CountsOtherWhenMapFull)
{
    ToolRun tool{"xdpcount", with_method({"--max-keys", "4", "--strict"}), there()};
    Wire wire = this->wire();
    constexpr unsigned ports = 40;
    std::size_t bytes = 0;

    for (unsigned port = 1; port <= ports; port++) {
        const std::string frame = ethernet(0x0800, ipv4({.protocol = 6}, tcp(port, port, std::string(port, 'x'))));
        wire.send(frame);
        bytes += frame.size();
    }
    wire.arrived();
    EXPECT_EQ(tool.stop(), 1);
    EXPECT_THAT(counts_of(tool), ElementsAre(Pair("other", ports - 4 + 1), Pair("tcp/1", 1), Pair("tcp/2", 1),
                                             Pair("tcp/3", 1), Pair("tcp/4", 1)));
    EXPECT_EQ(sum(counts_in(tool.rows(), "bytes")), bytes + mark.size());
    EXPECT_TRUE(tool.rows().back()["other"]);
}

TEST_P(InAndOut, OnTwoCpus)
{
    constexpr int each = 3000;
    ToolRun tool{"xdpcount", with_method(), there()};
    const std::string dns = Mixed{is_out()}.dns;
    {
        std::vector<Process> load;
        for (int cpu = 0; cpu < 2; cpu++)
            load.emplace_back([&, cpu] {
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(cpu, &one);
                sched_setaffinity(0, sizeof(one), &one); // fails with one CPU
                const NetEnd &from = is_out() ? net->near : net->far, &to = is_out() ? net->far : net->near;
                Wire wire{from, to, ethernet(0x88b6, std::to_string(cpu))};
                wire.send(dns, each);
                wire.arrived();
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_THAT(ended(tool), ElementsAre(Pair(is_out() ? "udp/1000" : "udp/53", 2 * each)));
}

} // namespace
} // namespace snoop::test

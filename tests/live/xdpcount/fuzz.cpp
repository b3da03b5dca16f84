// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --drop against random packets: what sockets receive with the rules is what they receive
// without, less what the rules name. SNOOP_SOAK says for how many seconds.
#include "xdpcount/random_frames.hpp"
#include "xdpcount/xdpcount.hpp"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>

#include "xdpcount/netlink.hpp"

namespace snoop::test {
namespace {

using Clock = std::chrono::steady_clock;
using xdpcount::Netlink;
using xdpcount::NetlinkMessage;

// UDP sockets on both ports and raw sockets for UDP and TCP, of both versions of IP.
class Receivers {
public:
    // Call it in the receiving namespace.
    explicit Receivers(bool with_ipv6)
    {
        for (const int family : with_ipv6 ? std::vector{AF_INET, AF_INET6} : std::vector{AF_INET}) {
            for (const unsigned port : {RandomFrames::named_port, RandomFrames::free_port})
                add(family, SOCK_DGRAM, IPPROTO_UDP, port);
            add(family, SOCK_RAW, IPPROTO_UDP, 0);
            add(family, SOCK_RAW, IPPROTO_TCP, 0);
        }
    }

    // The numbers of the packets received since, and whether a rule names them.
    std::map<std::uint32_t, bool> received()
    {
        std::map<std::uint32_t, bool> all;
        for (const One &one : sockets_) {
            std::array<char, 2048> bytes{};
            sockaddr_storage from{};
            socklen_t size = sizeof(from);
            for (ssize_t n = 0; (n = recvfrom(one.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                              reinterpret_cast<sockaddr *>(&from), &size)) >= 0;
                 size = sizeof(from))
                take(all, one, {bytes.data(), static_cast<std::size_t>(n)}, from);
        }
        return all;
    }

private:
    struct One {
        Fd fd;
        int family, type, protocol;
        unsigned port;
    };

    void add(int family, int type, int protocol, unsigned port)
    {
        Fd fd{socket(family, type | SOCK_CLOEXEC, protocol)};
        const int on = 1, bytes = 16 << 20;
        ASSERT_TRUE(fd);
        setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
        if (family == AF_INET6 && type == SOCK_DGRAM) {
            ASSERT_EQ(setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
            // Checksums are zero.
            ASSERT_EQ(setsockopt(fd.get(), IPPROTO_UDP, UDP_NO_CHECK6_RX, &on, sizeof(on)), 0);
        }
        if (type == SOCK_DGRAM) {
            sockaddr_in6 any6{};
            any6.sin6_family = AF_INET6;
            any6.sin6_port = htons(static_cast<std::uint16_t>(port));
            sockaddr_in any4{AF_INET, htons(static_cast<std::uint16_t>(port)), {}, {}};
            ASSERT_EQ(family == AF_INET ? bind(fd.get(), reinterpret_cast<sockaddr *>(&any4), sizeof(any4))
                                        : bind(fd.get(), reinterpret_cast<sockaddr *>(&any6), sizeof(any6)),
                      0);
        }
        sockets_.push_back({std::move(fd), family, type, protocol, port});
    }

    static void take(std::map<std::uint32_t, bool> &all, const One &one, std::string_view bytes,
                     const sockaddr_storage &from)
    {
        const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
        bool is_named_here = one.port == RandomFrames::named_port;
        if (one.type == SOCK_RAW) { // with the header of IP, version 4 only, and that of UDP or TCP
            const bool is_tcp = one.protocol == IPPROTO_TCP;
            const std::size_t start = one.family == AF_INET ? (byte(0) & 15) * 4u : 0;
            const std::size_t end = start + (is_tcp ? 20 : 8);
            if (bytes.size() < end)
                return;
            is_named_here = is_tcp ? (byte(start + 13) & RandomFrames::flags_mask) == RandomFrames::named_flags
                                   : (byte(start + 2) << 8 | byte(start + 3)) == RandomFrames::named_port;
            bytes.remove_prefix(end);
        }
        std::uint32_t number = 0; // of a packet that was cut
        if (bytes.size() >= sizeof(number))
            std::memcpy(&number, bytes.data(), sizeof(number));
        all[ntohl(number)] |= is_named_here || is_named(from);
    }

    static bool is_named(const sockaddr_storage &from)
    {
        std::array<char, 16> named{};
        const bool is_v4 = from.ss_family == AF_INET;
        inet_pton(from.ss_family, is_v4 ? RandomFrames::named4 : RandomFrames::named6, named.data());
        const void *address = is_v4 ? static_cast<const void *>(&reinterpret_cast<const sockaddr_in &>(from).sin_addr)
                                    : &reinterpret_cast<const sockaddr_in6 &>(from).sin6_addr;
        return std::memcmp(address, named.data(), is_v4 ? 24 / 8 : 48 / 8) == 0;
    }

    std::vector<One> sockets_;
};

// Gives the receiving interface its addresses; false if the kernel has no IPv6.
bool give_addresses(const NetEnd &end)
{
    bool has_ipv6 = false;

    end.space.in([&] {
        add_address(end.index, RandomFrames::near4, 24);
        std::ofstream switch_on{"/proc/sys/net/ipv6/conf/" + end.name + "/disable_ipv6"};
        has_ipv6 = static_cast<bool>(switch_on << "0\n" << std::flush);
        for (const char *which : {"all", end.name.c_str()}) // any source is accepted
            std::ofstream{fmt::format("/proc/sys/net/ipv4/conf/{}/rp_filter", which)} << "0\n";
        if (!has_ipv6)
            return;
        NetlinkMessage address{RTM_NEWADDR, NLM_F_CREATE,
                               ifaddrmsg{AF_INET6, 64, IFA_F_NODAD, 0, static_cast<unsigned>(end.index)}};
        in6_addr number{};
        inet_pton(AF_INET6, RandomFrames::near6, &number);
        address.put(IFA_LOCAL, std::as_bytes(std::span{&number, 1}));
        Netlink{}.ask(address);
    });
    return has_ipv6;
}

std::string mac_of(const NetEnd &end)
{
    ifreq request{};

    end.space.in([&] {
        const Fd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        end.name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
        ASSERT_EQ(ioctl(any.get(), SIOCGIFHWADDR, &request), 0);
    });
    return {request.ifr_hwaddr.sa_data, 6};
}

std::string hex(const RandomFrames::Packet &packet)
{
    std::string text;
    for (const std::string &frame : packet.frames) {
        for (const char c : frame)
            text += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
        text += '\n';
    }
    return text;
}

// The time of a run; a round of it takes 6 s at most.
Clock::duration budget()
{
    const char *text = std::getenv("SNOOP_SOAK");
    const int seconds = text ? std::atoi(text) : 0;

    return std::chrono::seconds{seconds > 0 ? seconds : 6};
}

class Fuzz : public Methods {
protected:
    // Sends packets, in a fresh pair of namespaces, without the tool and then with its rules.
    void round(unsigned seed, Clock::duration time);
};

void Fuzz::round(unsigned seed, Clock::duration time)
{
    // Fragments are told apart by 16 bits, and the kernel keeps them for 30 s.
    constexpr std::size_t most = 60'000;
    net.emplace(mtu());
    const bool with_ipv6 = give_addresses(net->near);
    RandomFrames random{seed, mac_of(net->near)};
    std::vector<RandomFrames::Packet> packets(1); // no packet has the number 0
    std::map<std::uint32_t, bool> expected;
    std::optional<Receivers> receivers;
    net->near.space.in([&] { receivers.emplace(with_ipv6); });
    ASSERT_FALSE(HasFailure());
    Wire wire = in();
    const auto send = [&](const RandomFrames::Packet &packet) {
        for (const std::string &frame : packet.frames)
            wire.send(frame);
    };

    // Without the tool.
    for (const auto end = Clock::now() + time / 2; Clock::now() < end && packets.size() < most;) {
        for (int i = 0; i < 50; i++) {
            packets.push_back(random.next(static_cast<std::uint32_t>(packets.size()), with_ipv6));
            send(packets.back());
        }
        wire.arrived();
        expected.merge(receivers->received());
    }
    const auto named = std::ranges::count_if(expected, [](const auto &one) { return one.second; });
    EXPECT_GT(named, 100);
    EXPECT_GT(static_cast<std::ptrdiff_t>(expected.size()) - named, 100);

    // With its rules.
    const TempDir dir;
    ToolRun tool{
        "xdpcount",
        with_method({"--drop", fmt::format("udp/{}", RandomFrames::named_port), "--drop", "198.51.100.0/24", "--drop",
                     "2001:db8:bad::/48", "--drop", "tcp-flags=syn", "--by", "vlan", "--pcap", dir.at("dropped.pcap")}),
        there()};
    std::map<std::uint32_t, bool> passed;
    for (std::size_t i = 1; i < packets.size(); i++) {
        send(packets[i]);
        if (i % 50 == 0 || i + 1 == packets.size()) {
            wire.arrived();
            for (const auto &[number, is_named] : receivers->received()) {
                EXPECT_FALSE(is_named) << number << ":\n" << hex(packets[number % packets.size()]);
                passed[number] |= is_named;
            }
        }
    }
    // A first fragment that holds extension headers alone is dropped, though old kernels deliver it.
    for (const auto &[number, is_named] : expected)
        if (number != 0 && number < packets.size() && !is_named && !packets[number].is_fragmented) {
            EXPECT_TRUE(passed.contains(number)) << number << ":\n" << hex(packets[number]);
        }
    EXPECT_EQ(tool.stop(), 0) << tool.err();
    auto accounting = expect_balance(tool.err());
    EXPECT_GT(accounting["dropped"], static_cast<std::uint64_t>(named) / 2);
    EXPECT_GT(accounting["unparsed"], 20u); // of the few hundred packets that an emulated machine sends
    EXPECT_EQ(accounting["captured"] + accounting["not_captured"], accounting["dropped"]);
}

INSTANTIATE_TEST_SUITE_P(, Fuzz, testing::Values(Method{"native", false}, Method{"generic", false}),
                         [](const auto &method) { return method.param.name; });

TEST_P(Fuzz, NoNamedPacketArrives)
{
    const auto end = Clock::now() + budget();

    for (unsigned seed = 20260214; Clock::now() < end && !HasFailure(); seed++)
        round(seed, std::min<Clock::duration>(budget(), std::chrono::seconds{6}));
}

} // namespace
} // namespace snoop::test

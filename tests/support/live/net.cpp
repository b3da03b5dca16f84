// SPDX-License-Identifier: BSD-2-Clause
#include "net.hpp"

#include "xdpcount/netlink.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace snoop::test {

using namespace snoop::xdpcount; // Netlink

namespace {

void check(bool good, const char *what)
{
    if (!good)
        throw std::runtime_error(fmt::format("{}: {}", what, strerror(errno)));
}

// The namespace of the thread, which may differ from the process's.
void in_thread(const std::function<void()> &body)
{
    std::exception_ptr thrown;
    std::thread thread{[&] {
        try {
            body();
        } catch (...) {
            thrown = std::current_exception();
        }
    }};

    thread.join();
    if (thrown)
        std::rethrow_exception(thrown);
}

Fd frame_socket(const NetEnd &end)
{
    Fd fd;

    end.space.in([&] {
        fd = Fd{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))};
        check(static_cast<bool>(fd), "socket(AF_PACKET)");
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETH_P_ALL);
        address.sll_ifindex = end.index;
        const int bytes = 32 << 20;
        check(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) == 0, "SO_RCVBUFFORCE");
        check(bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0, "bind");
    });
    return fd;
}

ifinfomsg about(int index, unsigned flags = 0) { return {AF_UNSPEC, 0, 0, index, flags, flags}; }

} // namespace

NetSpace::NetSpace()
{
    in_thread([this] {
        check(unshare(CLONE_NEWNET) == 0, "unshare(CLONE_NEWNET)");
        fd_ = Fd{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
        check(static_cast<bool>(fd_), "/proc/thread-self/ns/net");
        path_ = fmt::format("/proc/{}/fd/{}", getpid(), fd_.get());
        for (const char *which : {"all", "default"}) // missing without IPv6
            std::ofstream{fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", which)} << "1\n";
    });
}

void NetSpace::enter() const
{
    const Fd space{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
    check(space && setns(space.get(), CLONE_NEWNET) == 0, "setns");
}

void NetSpace::in(const std::function<void()> &body) const
{
    in_thread([&] {
        enter();
        body();
    });
}

VethPair::VethPair(unsigned mtu)
{
    near.space.in([&] {
        NetlinkMessage pair{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, about(0)};
        const ifinfomsg peer = about(0);
        pair.put(IFLA_IFNAME, near.name);
        pair.put(IFLA_MTU, mtu);
        pair.nest(IFLA_LINKINFO, [&] {
            pair.put(IFLA_INFO_KIND, std::string{"veth"});
            pair.nest(IFLA_INFO_DATA, [&] {
                pair.nest(
                    VETH_INFO_PEER,
                    [&] {
                        pair.put(IFLA_IFNAME, far.name);
                        pair.put(IFLA_MTU, mtu);
                        pair.put(IFLA_NET_NS_FD, far.space.fd());
                    },
                    std::as_bytes(std::span{&peer, 1}));
            });
        });
        Netlink{}.ask(pair);
    });
    for (NetEnd *end : {&near, &far})
        end->space.in([&] {
            set_up(end->name);
            end->index = static_cast<int>(if_nametoindex(end->name.c_str()));
        });
}

TunDevice::TunDevice(const NetSpace &space)
{
    space.in([this] {
        fd_ = Fd{open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
        check(static_cast<bool>(fd_), "/dev/net/tun");
        ifreq request{};
        request.ifr_flags = IFF_TUN | IFF_NO_PI;
        name_.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
        check(ioctl(fd_.get(), TUNSETIFF, &request) == 0, "TUNSETIFF");
        set_up(name_);
    });
}

void TunDevice::send(const std::string &packet) const
{
    check(write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size()), "write to tun");
}

void set_up(const std::string &interface)
{
    NetlinkMessage up{RTM_NEWLINK, 0, about(static_cast<int>(if_nametoindex(interface.c_str())), IFF_UP)};
    Netlink{}.ask(up);
}

void add_address(int index, const std::string &ipv4, unsigned bits)
{
    NetlinkMessage address{RTM_NEWADDR, NLM_F_CREATE,
                           ifaddrmsg{AF_INET, static_cast<std::uint8_t>(bits), 0, 0, static_cast<unsigned>(index)}};
    in_addr number{};

    inet_pton(AF_INET, ipv4.c_str(), &number);
    address.put(IFA_LOCAL, number.s_addr);
    address.put(IFA_ADDRESS, number.s_addr);
    Netlink{}.ask(address);
}

void delete_interface(const std::string &interface)
{
    NetlinkMessage gone{RTM_DELLINK, 0, about(static_cast<int>(if_nametoindex(interface.c_str())))};
    Netlink{}.ask(gone);
}

Wire::Wire(const NetEnd &from, const NetEnd &to, std::string mark)
    : from_(frame_socket(from)), to_(frame_socket(to)), mark_(std::move(mark))
{}

void Wire::send(const std::string &frame, int times)
{
    for (int i = 0; i < times; i++) {
        const ssize_t n = ::send(from_.get(), frame.data(), frame.size(), 0);
        // ENOBUFS: dropped on its way out.
        check(n == static_cast<ssize_t>(frame.size()) || (n < 0 && errno == ENOBUFS), "send");
        if (++sent_ % 64 == 0) // a queue of veth has 256 places
            pass_mark();
    }
}

void Wire::pass_mark()
{
    std::string buffer(1 << 16, '\0');

    check(::send(from_.get(), mark_.data(), mark_.size(), 0) == static_cast<ssize_t>(mark_.size()), "send");
    for (;;) {
        sockaddr_ll from{};
        socklen_t size = sizeof(from);
        if (!wait_readable(to_.get(), limit()))
            throw std::runtime_error("the mark does not arrive");
        const ssize_t n =
            recvfrom(to_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr *>(&from), &size);
        check(n >= 0, "recvfrom");
        const std::string frame = buffer.substr(0, static_cast<std::size_t>(n));
        if (from.sll_pkttype == PACKET_OUTGOING)
            continue;
        if (frame == mark_)
            return;
        arrived_.push_back(frame);
    }
}

std::vector<std::string> Wire::arrived()
{
    pass_mark();
    return std::exchange(arrived_, {});
}

} // namespace snoop::test

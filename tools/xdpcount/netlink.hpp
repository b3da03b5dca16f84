// SPDX-License-Identifier: BSD-2-Clause
// rtnetlink, as much of it as is needed: requests, what the kernel says to them, dumps.
//     Netlink netlink;
//     NetlinkMessage up{RTM_NEWLINK, 0, ifinfomsg{…}};
//     up.put(IFLA_MTU, std::uint32_t{9000});
//     netlink.ask(up);                                  // throws NetlinkError
#pragma once

#include "base/fd.hpp"

#include <linux/rtnetlink.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::xdpcount {

// The kernel refused: errno (positive), and its own words if it gave any.
class NetlinkError : public std::runtime_error {
public:
    NetlinkError(int err, const std::string &what) : std::runtime_error(what), err_(err) {}
    [[nodiscard]] int err() const noexcept { return err_; }

private:
    int err_;
};

class NetlinkMessage {
public:
    // `body` is what this type of message begins with: ifinfomsg, tcmsg, …
    template <class Body> NetlinkMessage(std::uint16_t type, std::uint16_t flags, const Body &body)
    {
        const nlmsghdr header{0, type, static_cast<std::uint16_t>(NLM_F_REQUEST | flags), 0, 0};
        append(&header, sizeof(header));
        append(&body, sizeof(body));
    }

    void put(std::uint16_t type, std::span<const std::byte> bytes);
    template <std::integral T> void put(std::uint16_t type, T number)
    {
        put(type, std::as_bytes(std::span{&number, 1}));
    }
    // With its NUL.
    void put(std::uint16_t type, const std::string &text)
    {
        put(type, std::as_bytes(std::span{text.c_str(), text.size() + 1}));
    }
    // An attribute that holds what `inside` puts, behind `body` if there is any.
    void nest(std::uint16_t type, const std::function<void()> &inside, std::span<const std::byte> body = {});

    // With its length in its header.
    std::span<const std::byte> finished();

private:
    void append(const void *from, std::size_t size);

    std::vector<std::byte> bytes_;
};

class Netlink {
public:
    // In the network namespace of the calling thread. Throws NetlinkError.
    Netlink();

    // Sends it, and waits for the kernel's consent. Throws NetlinkError.
    void ask(NetlinkMessage &message);
    // Sends a request for a dump; `each` gets what every message of it holds behind its header.
    void dump(NetlinkMessage &message, const std::function<void(std::span<const std::byte>)> &each);

private:
    void send(std::span<const std::byte> message);
    void receive(const std::function<void(std::span<const std::byte>)> &each);

    Fd socket_;
};

// The attributes in bytes, by their type.
std::map<std::uint16_t, std::span<const std::byte>> netlink_attributes(std::span<const std::byte> bytes);
// A number, and text up to its NUL; 0 and nothing of an attribute that is not there or too short.
template <std::integral T> T netlink_number(std::span<const std::byte> bytes)
{
    T number = 0;
    if (bytes.size() >= sizeof(number))
        std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
}
std::string_view netlink_text(std::span<const std::byte> bytes);

} // namespace snoop::xdpcount

// SPDX-License-Identifier: BSD-2-Clause
// A minimal rtnetlink client: requests with their errors, and dumps.
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

// The kernel rejected a request: errno (positive), and the kernel's error text if there is one.
class NetlinkError : public std::runtime_error {
public:
    NetlinkError(int err, const std::string &what) : std::runtime_error(what), err_(err) {}
    [[nodiscard]] int err() const noexcept { return err_; }

private:
    int err_;
};

class NetlinkMessage {
public:
    // `body` is the fixed part of this type of message: ifinfomsg, tcmsg, …
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
    // Includes the NUL.
    void put(std::uint16_t type, const std::string &text)
    {
        put(type, std::as_bytes(std::span{text.c_str(), text.size() + 1}));
    }
    // A nested attribute: `body`, if any, followed by the attributes that `inside` puts.
    void nest(std::uint16_t type, const std::function<void()> &inside, std::span<const std::byte> body = {});

    // The complete message, with the length in its header.
    std::span<const std::byte> finished();

private:
    void append(const void *from, std::size_t size);

    std::vector<std::byte> bytes_;
};

class Netlink {
public:
    // Works in the network namespace of the calling thread. Throws NetlinkError.
    Netlink();

    // Sends a request and waits until the kernel acknowledges it. Throws NetlinkError.
    void ask(NetlinkMessage &message);
    // Sends a dump request and calls `each` with the payload of every message.
    void dump(NetlinkMessage &message, const std::function<void(std::span<const std::byte>)> &each);

private:
    void send(std::span<const std::byte> message);
    void receive(const std::function<void(std::span<const std::byte>)> &each);

    Fd socket_;
};

// Parses attributes into a map by type.
std::map<std::uint16_t, std::span<const std::byte>> netlink_attributes(std::span<const std::byte> bytes);
// Read a number, or text up to its NUL. A missing or short attribute gives 0 or an empty text.
template <std::integral T> T netlink_number(std::span<const std::byte> bytes)
{
    T number = 0;
    if (bytes.size() >= sizeof(number))
        std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
}
std::string_view netlink_text(std::span<const std::byte> bytes);

} // namespace snoop::xdpcount

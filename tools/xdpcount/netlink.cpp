// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/netlink.hpp"
#include "base/error.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace snoop::xdpcount {
namespace {

constexpr std::size_t aligned(std::size_t size) { return (size + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1}; }

// The kernel's error text (extended ack), which follows the rejected message.
std::string words_of(std::span<const std::byte> answer, const nlmsghdr &header)
{
    std::size_t skip = sizeof(int) + sizeof(nlmsghdr);

    if (!(header.nlmsg_flags & NLM_F_ACK_TLVS))
        return {};
    if (!(header.nlmsg_flags & NLM_F_CAPPED)) {
        nlmsghdr asked{};
        std::memcpy(&asked, answer.data() + sizeof(int), sizeof(asked));
        skip = sizeof(int) + aligned(asked.nlmsg_len);
    }
    if (skip > answer.size())
        return {};
    const auto attributes = netlink_attributes(answer.subspan(skip));
    const auto text = attributes.find(NLMSGERR_ATTR_MSG);
    return text == attributes.end() ? std::string{} : std::string{netlink_text(text->second)};
}

} // namespace

void NetlinkMessage::append(const void *from, std::size_t size)
{
    const auto *first = static_cast<const std::byte *>(from);

    bytes_.insert(bytes_.end(), first, first + size);
    bytes_.resize(aligned(bytes_.size()));
}

void NetlinkMessage::put(std::uint16_t type, std::span<const std::byte> bytes)
{
    const rtattr header{static_cast<std::uint16_t>(RTA_LENGTH(bytes.size())), type};

    append(&header, sizeof(header));
    append(bytes.data(), bytes.size());
}

void NetlinkMessage::nest(std::uint16_t type, const std::function<void()> &inside, std::span<const std::byte> body)
{
    const std::size_t start = bytes_.size();

    put(type, body);
    inside();
    const auto size = static_cast<std::uint16_t>(bytes_.size() - start);
    std::memcpy(bytes_.data() + start, &size, sizeof(size)); // rtattr begins with its length
}

std::span<const std::byte> NetlinkMessage::finished()
{
    const auto size = static_cast<std::uint32_t>(bytes_.size());

    std::memcpy(bytes_.data(), &size, sizeof(size)); // and so does nlmsghdr
    return bytes_;
}

Netlink::Netlink() : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))
{
    const int on = 1;

    if (!socket_)
        throw NetlinkError{errno, describe_errno(errno)};
    // Kernels before 4.12 do not know it and send no error text.
    setsockopt(socket_.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
}

void Netlink::send(std::span<const std::byte> message)
{
    if (::send(socket_.get(), message.data(), message.size(), 0) != static_cast<ssize_t>(message.size()))
        throw NetlinkError{errno, describe_errno(errno)};
}

void Netlink::receive(const std::function<void(std::span<const std::byte>)> &each)
{
    std::vector<std::byte> buffer(1 << 16);

    for (;;) {
        const ssize_t n = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw NetlinkError{errno, describe_errno(errno)};
        std::span<const std::byte> left{buffer.data(), static_cast<std::size_t>(n)};
        while (left.size() >= sizeof(nlmsghdr)) {
            nlmsghdr header{};
            std::memcpy(&header, left.data(), sizeof(header));
            if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left.size())
                break;
            const auto inside = left.subspan(sizeof(header), header.nlmsg_len - sizeof(header));
            if (header.nlmsg_type == NLMSG_ERROR) {
                const int err = -netlink_number<int>(inside);
                if (err == 0)
                    return;
                const std::string words = words_of(inside, header);
                throw NetlinkError{err, words.empty() ? describe_errno(err)
                                                      : fmt::format("{} ({})", words, errno_name(err))};
            }
            if (header.nlmsg_type == NLMSG_DONE)
                return;
            each(inside);
            left = left.subspan(std::min(aligned(header.nlmsg_len), left.size()));
        }
    }
}

void Netlink::ask(NetlinkMessage &message)
{
    auto bytes = message.finished();
    std::vector<std::byte> asked{bytes.begin(), bytes.end()};
    nlmsghdr header{};

    std::memcpy(&header, asked.data(), sizeof(header));
    header.nlmsg_flags |= NLM_F_ACK;
    std::memcpy(asked.data(), &header, sizeof(header));
    send(asked);
    receive([](std::span<const std::byte>) {});
}

void Netlink::dump(NetlinkMessage &message, const std::function<void(std::span<const std::byte>)> &each)
{
    send(message.finished());
    receive(each);
}

std::map<std::uint16_t, std::span<const std::byte>> netlink_attributes(std::span<const std::byte> bytes)
{
    std::map<std::uint16_t, std::span<const std::byte>> all;

    while (bytes.size() >= sizeof(rtattr)) {
        rtattr header{};
        std::memcpy(&header, bytes.data(), sizeof(header));
        if (header.rta_len < sizeof(header) || header.rta_len > bytes.size())
            break;
        all[header.rta_type & NLA_TYPE_MASK] = bytes.subspan(sizeof(header), header.rta_len - sizeof(header));
        bytes = bytes.subspan(std::min(aligned(header.rta_len), bytes.size()));
    }
    return all;
}

std::string_view netlink_text(std::span<const std::byte> bytes)
{
    const std::string_view text{reinterpret_cast<const char *>(bytes.data()), bytes.size()};

    return text.substr(0, text.find('\0'));
}

} // namespace snoop::xdpcount

// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/packets.hpp"
#include "base/error.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace snoop::xdpcount {
namespace {

// https://www.iana.org/assignments/protocol-numbers
constexpr std::pair<std::uint8_t, std::string_view> protocols[] = {
    {1, "icmp"},  {2, "igmp"},   {4, "ipip"},   {6, "tcp"},    {17, "udp"},      {33, "dccp"},  {41, "ipv6"},
    {47, "gre"},  {50, "esp"},   {51, "ah"},    {58, "icmp6"}, {59, "none"},     {88, "eigrp"}, {89, "ospf"},
    {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udplite"},
};

// https://www.iana.org/assignments/ieee-802-numbers
constexpr std::pair<std::uint16_t, std::string_view> ether_types[] = {
    {0x0000, "802.3"}, {0x0800, "ipv4"}, {0x0806, "arp"},     {0x0842, "wol"},     {0x8035, "rarp"},  {0x8100, "vlan"},
    {0x86dd, "ipv6"},  {0x8847, "mpls"}, {0x8848, "mpls-mc"}, {0x8863, "pppoe-d"}, {0x8864, "pppoe"}, {0x888e, "eapol"},
    {0x88a8, "qinq"},  {0x88cc, "lldp"}, {0x88e5, "macsec"},  {0x88f7, "ptp"},     {0x9100, "qinq"},
};

struct TcpFlag {
    std::uint8_t bit;
    char letter; // of tcpdump
    std::string_view name;
};

// From bit 0 to bit 7.
constexpr TcpFlag tcp_flags[] = {{0x01, 'F', "fin"}, {0x02, 'S', "syn"}, {0x04, 'R', "rst"}, {0x08, 'P', "psh"},
                                 {0x10, '.', "ack"}, {0x20, 'U', "urg"}, {0x40, 'E', "ece"}, {0x80, 'W', "cwr"}};
constexpr std::uint8_t flags_of_state = 0x17; // fin, syn, rst, ack

template <class Names, class Number> std::optional<std::string> name_in(const Names &names, Number number)
{
    const auto *const found = std::ranges::find(names, number, [](const auto &one) { return one.first; });

    return found == std::end(names) ? std::nullopt : std::optional{std::string{found->second}};
}

[[noreturn]] void refuse(const std::string &text)
{
    throw Error{
        exit_usage,
        "--drop: invalid rule '{}': give icmp, icmp6, tcp/PORT, udp/PORT, tcp-flags=FLAGS, ADDRESS or ADDRESS/BITS",
        text};
}

// Parses the whole text as a number from `least` to `most`.
std::optional<unsigned> number_in(std::string_view text, unsigned least, unsigned most)
{
    unsigned number = 0;
    const char *end = text.data() + text.size();
    const auto [stop, err] = std::from_chars(text.data(), end, number);

    if (err != std::errc{} || stop != end || number < least || number > most)
        return std::nullopt;
    return number;
}

// Parses "syn,ack", a part of `text`.
std::uint8_t flags_in(std::string_view list, const std::string &text)
{
    std::uint8_t flags = 0;

    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        const auto *const flag = std::ranges::find(tcp_flags, list.substr(at, end - at), &TcpFlag::name);
        if (flag == std::end(tcp_flags))
            throw Error{exit_usage,
                        "--drop: invalid flag in '{}': give none, or some of fin, syn, rst, psh, ack, urg, ece and "
                        "cwr, separated by commas",
                        text};
        flags |= flag->bit;
        at = end + 1;
    }
    return flags;
}

// Without a mask, a rule also compares the flags that tell the states of a connection apart: syn does not
// name the answer to it.
DropRule flags_rule(const std::string &text, std::string_view flags)
{
    const auto slash = std::min(flags.find('/'), flags.size());
    const bool is_none = flags.substr(0, slash) == "none";
    const std::uint8_t value = is_none ? 0 : flags_in(flags.substr(0, slash), text);

    if (slash == flags.size())
        return DropTcpFlags{value, static_cast<std::uint8_t>(is_none ? 0xff : value | flags_of_state)};
    const std::uint8_t mask = flags_in(flags.substr(slash + 1), text);
    if (value & ~mask)
        throw Error{exit_usage, "--drop: invalid rule '{}': the flags behind the slash do not include those before it",
                    text};
    return DropTcpFlags{value, mask};
}

DropRule port_rule(std::uint8_t protocol, const std::string &text, std::string_view port)
{
    const auto number = number_in(port, 1, 65535);

    if (!number)
        throw Error{exit_usage, "--drop: invalid port in '{}': give 1 to 65535", text};
    return drop_port{htons(protocol), htons(static_cast<std::uint16_t>(*number))};
}

// Makes the rule for an address that inet_pton accepts. Bits beyond the prefix are not compared.
template <class Rule> std::optional<DropRule> network_rule(int family, const std::string &text)
{
    const auto slash = std::min(text.find('/'), text.size());
    Rule rule{};

    if (inet_pton(family, text.substr(0, slash).c_str(), rule.addr) != 1)
        return std::nullopt;
    constexpr unsigned most = sizeof(rule.addr) * 8;
    const auto bits = slash == text.size() ? most : number_in(std::string_view{text}.substr(slash + 1), 0, most);
    if (!bits)
        throw Error{exit_usage, "--drop: invalid prefix length in '{}': give 0 to {}", text, most};
    rule.bits = *bits;
    return rule;
}

} // namespace

std::string protocol_name(std::uint8_t number)
{
    return name_in(protocols, number).value_or(fmt::format("ip/{}", number));
}

std::string ether_type_name(std::uint16_t type)
{
    return name_in(ether_types, type).value_or(fmt::format("eth/{:#06x}", type));
}

std::string tcp_flags_text(std::uint8_t flags)
{
    std::string text;

    for (const TcpFlag &flag : tcp_flags)
        if (flags & flag.bit)
            text += flag.letter;
    return fmt::format("[{}]", text.empty() ? "none" : text);
}

std::string address_text(std::span<const std::uint8_t> bytes)
{
    std::array<char, INET6_ADDRSTRLEN> text{};

    inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

DropRule parse_drop(const std::string &text)
{
    if (text == "icmp")
        return drop_port{htons(IPPROTO_ICMP), 0};
    if (text == "icmp6")
        return drop_port{htons(IPPROTO_ICMPV6), 0};
    if (text.starts_with("tcp/"))
        return port_rule(IPPROTO_TCP, text, std::string_view{text}.substr(4));
    if (text.starts_with("udp/"))
        return port_rule(IPPROTO_UDP, text, std::string_view{text}.substr(4));
    if (constexpr std::string_view name = "tcp-flags="; text.starts_with(name))
        return flags_rule(text, std::string_view{text}.substr(name.size()));
    if (auto rule = network_rule<drop_ipv4>(AF_INET, text))
        return *rule;
    if (auto rule = network_rule<drop_ipv6>(AF_INET6, text))
        return *rule;
    refuse(text);
}

} // namespace snoop::xdpcount

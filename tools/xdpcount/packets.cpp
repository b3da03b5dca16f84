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

template <class Names, class Number> std::optional<std::string> name_in(const Names &names, Number number)
{
    const auto *const found = std::ranges::find(names, number, [](const auto &one) { return one.first; });

    return found == std::end(names) ? std::nullopt : std::optional{std::string{found->second}};
}

[[noreturn]] void refuse(const std::string &text)
{
    throw Error{exit_usage, "--drop: invalid rule '{}': give icmp, icmp6, tcp/PORT, udp/PORT, ADDRESS or ADDRESS/BITS",
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
    if (auto rule = network_rule<drop_ipv4>(AF_INET, text))
        return *rule;
    if (auto rule = network_rule<drop_ipv6>(AF_INET6, text))
        return *rule;
    refuse(text);
}

} // namespace snoop::xdpcount

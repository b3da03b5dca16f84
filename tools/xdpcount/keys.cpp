// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/keys.hpp"
#include "base/error.hpp"
#include "xdpcount/packets.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <fmt/ranges.h>
#include <iterator>

namespace snoop::xdpcount {
namespace {

packet_key key_of(std::string_view bytes)
{
    packet_key key{};
    std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
    return key;
}

std::string joined_names(const Interfaces &interfaces)
{
    std::string all;

    for (const Interface &interface : interfaces)
        all += (all.empty() ? "" : ",") + interface.name;
    return all;
}

std::string_view common_mode(const Interfaces &interfaces)
{
    const std::string_view first = interfaces.front().mode;

    return std::ranges::all_of(interfaces, [&](const Interface &one) { return one.mode == first; }) ? first : "mixed";
}

struct KeyValues {
    std::string_view by;
    std::string key, interface;
    std::string_view direction, mode;
    std::optional<std::string_view> proto;
    std::optional<std::uint16_t> port;
    std::optional<std::string_view> address;
    std::optional<std::uint16_t> vlan;
    std::optional<std::string> tcp_flags;
};

const Columns<KeyValues> &columns()
{
    using K = KeyValues;
    static const Columns<K> all{
        {json_only<K>("by", "Kind of key: port, peer, proto, src, dst, interface, vlan or tcp-flags.",
                      [](const K &k) { return k.by; }),
         json_only<K>("key", "The key as text, such as tcp/443; other for the sum of all keys that did not fit.",
                      [](const K &k) { return std::string_view{k.key}; }),
         json_only<K>("iface", "Network interface; where a row counts several, their names, separated by commas.",
                      [](const K &k) { return std::string_view{k.interface}; }),
         json_only<K>("direction", "in, or out with --tc.", [](const K &k) { return k.direction; }),
         json_only<K>("mode",
                      "How the program is attached: native, generic, tcx or clsact; mixed if that differs between the "
                      "interfaces of the row.",
                      [](const K &k) { return k.mode; }),
         json_only<K>("proto", "Protocol; null when counting by address, interface or vlan.",
                      [](const K &k) { return k.proto; }),
         json_only<K>("port", "Port; null for packets without one and when not counting by port.",
                      [](const K &k) { return k.port; }),
         json_only<K>("address", "Address when counting by src or dst; otherwise null.",
                      [](const K &k) { return k.address; }),
         json_only<K>("vlan", "VLAN id of the outermost tag when counting by vlan; null without a tag.",
                      [](const K &k) { return k.vlan; }),
         json_only<K>(
             "tcp_flags", "TCP flags as tcpdump prints them, such as [S.], when counting by tcp-flags; otherwise null.",
             [](const K &k) { return k.tcp_flags ? std::optional{std::string_view{*k.tcp_flags}} : std::nullopt; })}};
    return all;
}

} // namespace

std::vector<JsonKey> key_columns() { return columns().keys(); }

std::uint32_t key_bytes(packet_by by)
{
    return by == PACKET_BY_SRC || by == PACKET_BY_DST ? sizeof(packet_key)
                                                      : offsetof(packet_key, id) + sizeof(packet_key::id);
}

const Interface *Keys::interface_of(const packet_key &key) const
{
    const auto found = std::ranges::find(interfaces_, static_cast<int>(ntohl(key.ifindex)), &Interface::index);

    return key.kind == PACKET_INTERFACE && found != interfaces_.end() ? &*found : nullptr;
}

std::string Keys::first_cell(const packet_key &key) const
{
    switch (key.kind) {
    case PACKET_IPV4: return address_text({key.addr, 4});
    case PACKET_IPV6: return address_text({key.addr, 16});
    case PACKET_ETHERTYPE: return ether_type_name(ntohs(key.id.proto));
    case PACKET_MALFORMED: return "malformed";
    case PACKET_TRUNCATED: return "truncated";
    case PACKET_TCP_FLAGS: return "tcp";
    case PACKET_UNTAGGED: return "untagged";
    case PACKET_VLAN: return std::to_string(ntohs(key.vlan));
    case PACKET_INTERFACE: {
        const Interface *interface = interface_of(key);
        return interface ? interface->name : std::to_string(ntohl(key.ifindex));
    }
    default: return protocol_name(static_cast<std::uint8_t>(ntohs(key.id.proto)));
    }
}

std::string Keys::detail_of(const packet_key &key)
{
    switch (key.kind) {
    case PACKET_PORT: return std::to_string(ntohs(key.id.port));
    case PACKET_TCP_FLAGS: return tcp_flags_text(key.tcp_flags);
    case PACKET_FRAGMENT: return "fragment";
    default: return {};
    }
}

std::vector<std::string_view> Keys::titles() const
{
    switch (options_.by) {
    case PACKET_BY_VLAN: return {"VLAN"};
    case PACKET_BY_TCP_FLAGS: return {"PROTO", "FLAGS"};
    case PACKET_BY_INTERFACE: return {"INTERFACE"};
    case PACKET_BY_PROTO: return {"PROTO"};
    case PACKET_BY_SRC: return {"SRC"};
    case PACKET_BY_DST: return {"DST"};
    default: return {"PROTO", "PORT"};
    }
}

std::vector<std::string> Keys::cells(std::string_view bytes)
{
    const packet_key key = key_of(bytes);
    std::vector<std::string> cells{first_cell(key)};

    if (titles().size() > 1)
        cells.push_back(detail_of(key).empty() ? "-" : detail_of(key));
    return cells;
}

void Keys::put_json(JsonWriter &json, std::string_view bytes)
{
    static constexpr std::array<std::string_view, PACKET_BYS> names{"port", "peer",      "proto", "src",
                                                                    "dst",  "interface", "vlan",  "tcp-flags"};
    const packet_key key = key_of(bytes);
    const bool is_key = !bytes.empty(); // an empty key stands for all keys that did not fit
    const bool is_address = key.kind == PACKET_IPV4 || key.kind == PACKET_IPV6;
    const bool is_vlan = key.kind == PACKET_VLAN || key.kind == PACKET_UNTAGGED;
    const auto only_if = [&](bool condition, auto value) {
        return is_key && condition ? std::optional{value} : std::nullopt;
    };
    const std::string name = first_cell(key), detail = detail_of(key);
    const Interface *interface = interface_of(key);

    columns().put_members(json, {.by = names[options_.by],
                                 .key = !is_key          ? "other"
                                        : detail.empty() ? name
                                                         : fmt::format("{}/{}", name, detail),
                                 .interface = interface ? interface->name : joined_names(interfaces_),
                                 .direction = options_.direction(),
                                 .mode = interface ? interface->mode : common_mode(interfaces_),
                                 .proto = only_if(!is_address && !is_vlan && !interface, std::string_view{name}),
                                 .port = only_if(key.kind == PACKET_PORT, ntohs(key.id.port)),
                                 .address = only_if(is_address, std::string_view{name}),
                                 .vlan = only_if(key.kind == PACKET_VLAN, ntohs(key.vlan)),
                                 .tcp_flags = only_if(key.kind == PACKET_TCP_FLAGS, detail)});
}

void check_label(packet_by by, const MetricsOptions &metrics)
{
    if (metrics.is_on() && (by == PACKET_BY_SRC || by == PACKET_BY_DST))
        throw Error{exit_usage,
                    "{}: an address cannot be a label: give --by port, peer, proto, interface, vlan or tcp-flags",
                    metrics.option()};
}

MetricLabels Keys::labels(std::string_view bytes)
{
    static constexpr std::array<std::array<const char *, 2>, PACKET_BYS> names{{{"proto", "port"},
                                                                                {"proto", "peer_port"},
                                                                                {"proto", nullptr},
                                                                                {"src", nullptr},
                                                                                {"dst", nullptr},
                                                                                {"interface", nullptr},
                                                                                {"vlan", nullptr},
                                                                                {"proto", "tcp_flags"}}};
    const auto [first, second] = names[options_.by];
    const packet_key key = key_of(bytes);
    MetricLabels labels{{"direction", std::string{options_.direction()}}};

    labels.emplace_back(first, bytes.empty() ? other_label : first_cell(key));
    if (second)
        labels.emplace_back(second, bytes.empty() ? other_label : detail_of(key));
    return labels;
}

std::string Keys::about() const
{
    return fmt::format("{} {}, {}", joined_names(interfaces_), options_.direction(), common_mode(interfaces_));
}

std::optional<std::string> Keys::gone()
{
    std::vector<std::string> lines;

    for (Interface &interface : interfaces_)
        if (!interface.is_gone && !interface.is_there()) {
            interface.is_gone = true;
            lines.push_back(fmt::format("{} is gone", interface.name));
        }
    if (std::ranges::any_of(interfaces_, [](const Interface &one) { return !one.is_gone; })) {
        std::ranges::move(lines, std::back_inserter(news_));
        return std::nullopt;
    }
    if (!lines.empty())
        last_gone_ = fmt::format("{}", fmt::join(lines, "; "));
    return last_gone_;
}

} // namespace snoop::xdpcount

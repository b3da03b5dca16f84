// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/hooks.hpp"
#include "base/error.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/maps.hpp"
#include "xdpcount/keys.hpp"
#include "xdpcount/packet_hook.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <variant>

namespace snoop::xdpcount {
namespace {

void configure(xdpcount_bpf &skel, const Options &options, const Interfaces &interfaces, Mode mode)
{
    const auto has_rule = [&](std::size_t kind) {
        return std::ranges::any_of(options.drops, [&](const DropRule &rule) { return rule.index() == kind; });
    };
    auto &packets = skel.rodata->packets;

    packets.by = options.by;
    packets.is_way_out = options.tc;
    packets.drops_port = has_rule(0);
    packets.drops_ipv4 = has_rule(1);
    packets.drops_ipv6 = has_rule(2);
    packets.drops_tcp_flags = has_rule(3);
    packets.drops_unparsed = options.drops_unparsed;
    skel.rodata->packets_read_tag = options.by == PACKET_BY_VLAN;
    skel.rodata->packets_read_tcp_flags = packets.drops_tcp_flags || options.by == PACKET_BY_TCP_FLAGS;
    const auto bare = std::ranges::count_if(interfaces, &Interface::is_bare_ip);
    skel.rodata->packets_are_bare_ip = bare > 0;
    skel.rodata->packets_are_of_2_kinds = bare > 0 && static_cast<std::size_t>(bare) < interfaces.size();
    bpf_map__set_max_entries(skel.maps.bare_ip, static_cast<std::uint32_t>(interfaces.size()));
    create_map(skel.maps.bare_ip, skel.rodata->packets_are_of_2_kinds);
    bpf_map__set_key_size(skel.maps.counts, key_bytes(options.by));
    bpf_map__set_max_entries(skel.maps.counts, options.map.max_keys);
    for (bpf_map *map : {skel.maps.events, skel.maps.captured})
        create_map(map, skel.rodata->capture_bytes > 0);
    if (skel.rodata->capture_bytes == 0)
        create_map(skel.maps.wakeups, false);
    bpf_program__set_autoload(skel.progs.xdpcount_in, !options.tc);
    bpf_program__set_autoload(skel.progs.xdpcount_out, options.tc);
    bpf_program__set_autoload(skel.progs.xdpcount_filter, mode == Mode::clsact);
    bpf_map__set_autocreate(skel.maps.way_out, mode == Mode::clsact);
    if (options.tc)
        return;
    if (has_xdp_frags()) {
        skel.rodata->packets_have_frags = true;
        skel.rodata->packets_by_helper = !kernel::has_perfmon();
        bpf_program__set_flags(skel.progs.xdpcount_in, bpf_program__flags(skel.progs.xdpcount_in) | xdp_frags_flag);
    }
}

void fill_flags(const bpf_map *map, const DropTcpFlags &rule)
{
    const std::uint8_t yes = 1;

    for (std::uint32_t flags = 0; flags < TCP_FLAGS_VALUES; flags++)
        if (rule.names(static_cast<std::uint8_t>(flags)))
            put(map, &flags, &yes);
}

void fill(xdpcount_bpf &skel, const Options &options, const Interfaces &interfaces, Mode mode)
{
    const std::array maps{skel.maps.drop_port, skel.maps.drop_ipv4, skel.maps.drop_ipv6, skel.maps.drop_tcp_flags};
    const std::uint32_t first = 0;
    const std::uint8_t yes = 1;
    const int program = bpf_program__fd(skel.progs.xdpcount_out);

    for (const DropRule &rule : options.drops)
        if (const auto *flags = std::get_if<DropTcpFlags>(&rule))
            fill_flags(maps[rule.index()], *flags);
        else
            std::visit([&](const auto &key) { add_to_set(maps[rule.index()], "--drop", &key); }, rule);
    if (skel.rodata->packets_are_of_2_kinds)
        for (const Interface &interface : interfaces)
            if (interface.is_bare_ip)
                put(skel.maps.bare_ip, &interface.index, &yes);
    if (mode == Mode::clsact)
        put(skel.maps.way_out, &first, &program);
}

Link attach_program(xdpcount_bpf &skel, const Interface &interface, Mode mode)
{
    switch (mode) {
    case Mode::native: return attach_xdp(skel.progs.xdpcount_in, interface, XdpMode::native);
    case Mode::generic: return attach_xdp(skel.progs.xdpcount_in, interface, XdpMode::generic);
    case Mode::tcx: return attach_tcx(skel.progs.xdpcount_out, interface);
    default: return attach_clsact(skel.progs.xdpcount_filter, interface);
    }
}

} // namespace

std::vector<AttachMethod<xdpcount_bpf>> Hooks::attach_methods()
{
    const bool is_chosen = options_.mode != Mode::automatic;
    std::vector<std::vector<Mode>> all{{options_.mode}};
    if (!is_chosen && options_.tc)
        all = {{Mode::tcx}, {Mode::clsact}};
    else if (!is_chosen)
        all = {{Mode::native, Mode::generic}};
    std::vector<AttachMethod<xdpcount_bpf>> methods;
    for (const std::vector<Mode> &modes : all)
        methods.push_back({.name = modes.size() > 1 ? "xdp" : std::string{mode_name(modes[0])},
                           .configure = [this, modes](auto &skel) { configure(skel, options_, interfaces_, modes[0]); },
                           .attach_more = [this, modes](auto &skel) { return attach(skel, modes); },
                           .fill = [this, modes](auto &skel) { fill(skel, options_, interfaces_, modes[0]); }});
    return methods;
}

// Attaches by the first of the modes that works with this interface.
Link Hooks::attach_to(xdpcount_bpf &skel, Interface &interface, const std::vector<Mode> &modes)
{
    std::string refused = refused_;

    for (const Mode mode : modes) {
        try {
            Link link = attach_program(skel, interface, mode);
            interface.mode = mode_name(mode);
            if (mode == Mode::clsact) // removed at the end
                tracer_.sandbox().keep(CAP_NET_ADMIN);
            tracer_.log().line("{}: {}, {}{}", interface.name,
                               options_.tc ? "sent packets, tc" : "received packets, XDP", interface.mode,
                               refused.empty() ? "" : "; " + refused);
            return link;
        } catch (const Error &error) {
            refused = fmt::format("{} mode failed: {}", mode_name(mode), error.what());
            if (mode == modes.back()) {
                refused_ = refused;
                throw Error{error.code(), "{}: {}", interface.name, refused};
            }
        }
    }
    return {};
}

std::vector<Link> Hooks::attach(xdpcount_bpf &skel, const std::vector<Mode> &modes)
{
    std::vector<Link> links;

    for (Interface &interface : interfaces_)
        links.push_back(attach_to(skel, interface, modes));
    return links;
}

} // namespace snoop::xdpcount

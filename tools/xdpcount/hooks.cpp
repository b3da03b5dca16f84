// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/hooks.hpp"
#include "base/error.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/maps.hpp"
#include "xdpcount/packet_hook.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <variant>

namespace snoop::xdpcount {
namespace {

void configure(xdpcount_bpf &skel, const Options &options, const Interface &interface, Mode mode)
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
    packets.drops_unparsed = options.drops_unparsed;
    skel.rodata->packets_are_bare_ip = interface.is_bare_ip;
    bpf_map__set_key_size(skel.maps.counts, key_bytes(options.by));
    bpf_map__set_max_entries(skel.maps.counts, options.map.max_keys);
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

void fill(xdpcount_bpf &skel, const Options &options, Mode mode)
{
    const std::array maps{skel.maps.drop_port, skel.maps.drop_ipv4, skel.maps.drop_ipv6};
    const std::uint32_t first = 0;
    const int program = bpf_program__fd(skel.progs.xdpcount_out);

    for (const DropRule &rule : options.drops)
        std::visit([&](const auto &key) { add_to_set(maps[rule.index()], "--drop", &key); }, rule);
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
    std::vector<Mode> modes{options_.mode};
    if (options_.mode == Mode::automatic)
        modes = options_.tc ? std::vector{Mode::tcx, Mode::clsact} : std::vector{Mode::native, Mode::generic};
    std::vector<AttachMethod<xdpcount_bpf>> methods;
    for (const Mode mode : modes)
        methods.push_back({.name = std::string{mode_name(mode)},
                           .configure = [this, mode](auto &skel) { configure(skel, options_, interface_, mode); },
                           .attach_more = [this, mode](auto &skel) { return attach(skel, mode); },
                           .fill = [this, mode](auto &skel) { fill(skel, options_, mode); }});
    return methods;
}

std::vector<Link> Hooks::attach(xdpcount_bpf &skel, Mode mode)
{
    std::vector<Link> links;

    try {
        links.push_back(attach_program(skel, interface_, mode));
    } catch (const Error &error) {
        refused_ = fmt::format("{} mode failed: {}", mode_name(mode), error.what());
        throw Error{error.code(), "{}: {}", interface_.name, refused_};
    }
    tracer_.log().line("{}: {}, {}{}", interface_.name, options_.tc ? "sent packets, tc" : "received packets, XDP",
                       mode_name(mode), refused_.empty() ? "" : "; " + refused_);
    keys_.set_mode(mode);
    return links;
}

} // namespace snoop::xdpcount

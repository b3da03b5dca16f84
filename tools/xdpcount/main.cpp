// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: its options, its keys, where it gets the packets, and what it drops.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "kernel/features.hpp"
#include "libbpf/task_filters.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/packet_hook.hpp"
#include "xdpcount/packets.hpp"
#include <snoop/xdpcount.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xdpcount.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"xdpcount", "Counts the packets of a network interface, by protocol and port, and drops some.",
                        "Examples:\n"
                        "  xdpcount eth0                     what comes in, every two seconds\n"
                        "  xdpcount eth0 --tc --by peer      what goes out, and to which ports\n"
                        "  xdpcount eth0 --by src --top 10   who sends most\n"
                        "  xdpcount eth0 --drop udp/53 --drop 192.0.2.0/24 -d 60\n"
                        "  xdpcount eth0 -o json | jq .bytes_rate\n"
                        "On a terminal: q ends, c clears, s sorts by another column."};

enum class Mode { automatic, native, generic, tcx, clsact };
constexpr std::array<std::string_view, 5> mode_names{"auto", "native", "generic", "tcx", "clsact"};

constexpr std::size_t dropped = 2; // of the measures

CountViewOptions view_options()
{
    CountViewOptions view;
    view.measures = {{"packets", "PACKETS", "PER-SEC", "packets_delta", "packets_rate"},
                     {"bytes", "BYTES", "BYTES/S", "bytes_delta", "bytes_rate"},
                     {"dropped", "DROPPED", "", "dropped_delta", "dropped_rate"},
                     {"dropped_bytes", "", "", "dropped_bytes_delta", "dropped_bytes_rate"}};
    return view;
}

struct Options {
    std::string interface;
    packet_by by = PACKET_BY_PORT;
    bool tc = false;
    Mode mode = Mode::automatic;
    std::vector<std::string> drop_texts;
    std::vector<DropRule> drops;
    MapOptions map;
    CountViewOptions view = view_options();

    [[nodiscard]] std::string_view way() const { return tc ? "out" : "in"; }
};

void add_options(Cli &cli, Options &options)
{
    cli.argument("IFACE", options.interface, "The network interface, such as eth0");
    cli.choice<packet_by>("--by", options.by,
                          {{"port", PACKET_BY_PORT},
                           {"peer", PACKET_BY_PEER},
                           {"proto", PACKET_BY_PROTO},
                           {"src", PACKET_BY_SRC},
                           {"dst", PACKET_BY_DST}},
                          "What is counted by (default: port, this side's; peer is the other side's)");
    cli.flag("--tc", options.tc, "Count what goes out, by tc, and not what comes in, by XDP");
    cli.option("--drop", "RULE", options.drop_texts,
               "Drop icmp, icmp6, tcp/PORT, udp/PORT, ADDRESS or ADDRESS/BITS; repeatable");
    cli.choice<Mode>("--mode", options.mode,
                     {{"auto", Mode::automatic},
                      {"native", Mode::native},
                      {"generic", Mode::generic},
                      {"tcx", Mode::tcx},
                      {"clsact", Mode::clsact}},
                     "How XDP is attached: native or generic; how tc is: tcx or clsact");
    options.view.add_to(cli);
    options.map.add_to(cli);
}

void check_options(Options &options)
{
    const bool is_tc_mode = options.mode == Mode::tcx || options.mode == Mode::clsact;

    std::ranges::transform(options.drop_texts, std::back_inserter(options.drops), parse_drop);
    if (options.mode != Mode::automatic && is_tc_mode != options.tc)
        throw Error{exit_usage, "--mode {}: that is of {}; give {}", mode_names[static_cast<std::size_t>(options.mode)],
                    is_tc_mode ? "tc" : "XDP", is_tc_mode ? "--tc, too" : "tcx or clsact with --tc"};
    if (options.drops.empty())
        options.view.measures[dropped].title = "";
}

// ---- keys -------------------------------------------------------------------------------

// What a key shows as.
class Keys : public KeyFormatter {
public:
    Keys(const Options &options, const Interface &interface) : options_(options), interface_(interface) {}

    void set_mode(Mode mode) { mode_ = mode_names[static_cast<std::size_t>(mode)]; }

    [[nodiscard]] std::vector<std::string_view> titles() const override
    {
        switch (options_.by) {
        case PACKET_BY_PROTO: return {"PROTO"};
        case PACKET_BY_SRC: return {"SRC"};
        case PACKET_BY_DST: return {"DST"};
        default: return {"PROTO", "PORT"};
        }
    }

    std::vector<std::string> cells(std::string_view bytes) override
    {
        const packet_key key = key_of(bytes);
        std::vector<std::string> cells{first(key)};

        if (titles().size() > 1)
            cells.push_back(key.kind == PACKET_PORT       ? std::to_string(ntohs(key.id.port))
                            : key.kind == PACKET_FRAGMENT ? "fragment"
                                                          : "-");
        return cells;
    }

    void put_json(JsonWriter &json, std::string_view bytes) override
    {
        static constexpr std::array<std::string_view, PACKET_BYS> names{"port", "peer", "proto", "src", "dst"};
        const packet_key key = key_of(bytes);
        const bool is_key = !bytes.empty(); // and not the row of all others
        const bool is_address = key.kind == PACKET_IPV4 || key.kind == PACKET_IPV6;
        const auto if_so = [&](bool is_so, auto value) {
            return is_key && is_so ? std::optional{value} : std::nullopt;
        };
        const std::string name = first(key);
        std::string text = is_key ? name : "other";
        if (titles().size() > 1 && is_key && (key.kind == PACKET_PORT || key.kind == PACKET_FRAGMENT))
            text += "/" + cells(bytes)[1];

        json.key("by").value(names[options_.by]).key("key").value(text);
        json.key("iface").value(interface_.name).key("direction").value(options_.way()).key("mode").value(mode_);
        json.key("proto").value(if_so(!is_address, std::string_view{name}));
        json.key("port").value(if_so(key.kind == PACKET_PORT, ntohs(key.id.port)));
        json.key("address").value(if_so(is_address, std::string_view{name}));
    }

    [[nodiscard]] std::string about() const override
    {
        return fmt::format("{} {}, {}", interface_.name, options_.way(), mode_);
    }

    std::optional<std::string> gone() override
    {
        return interface_.is_there() ? std::nullopt : std::optional{fmt::format("{} is gone", interface_.name)};
    }

private:
    static packet_key key_of(std::string_view bytes)
    {
        packet_key key{};
        std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
        return key;
    }

    // The first column.
    static std::string first(const packet_key &key)
    {
        switch (key.kind) {
        case PACKET_IPV4: return address_text({key.addr, 4});
        case PACKET_IPV6: return address_text({key.addr, 16});
        case PACKET_ETHERTYPE: return ether_type_name(ntohs(key.id.proto));
        case PACKET_MALFORMED: return "malformed";
        case PACKET_TRUNCATED: return "truncated";
        default: return protocol_name(static_cast<std::uint8_t>(ntohs(key.id.proto)));
        }
    }

    const Options &options_;
    const Interface &interface_;
    std::string_view mode_;
};

// ---- programs ---------------------------------------------------------------------------

std::uint32_t key_bytes(packet_by by)
{
    return by == PACKET_BY_SRC || by == PACKET_BY_DST ? sizeof(packet_key)
                                                      : offsetof(packet_key, id) + sizeof(packet_key::id);
}

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
        std::visit([&](const auto &key) { add_to_filter(maps[rule.index()], "--drop", &key); }, rule);
    if (mode == Mode::clsact && bpf_map_update_elem(bpf_map__fd(skel.maps.way_out), &first, &program, BPF_ANY) != 0)
        throw Error{exit_runtime, "cannot fill the map way_out: {}", describe_errno(errno)};
}

std::unique_ptr<PacketHook> attach(xdpcount_bpf &skel, const Interface &interface, Mode mode)
{
    switch (mode) {
    case Mode::native: return attach_xdp(skel.progs.xdpcount_in, interface, XdpMode::native);
    case Mode::generic: return attach_xdp(skel.progs.xdpcount_in, interface, XdpMode::generic);
    case Mode::tcx: return attach_tcx(skel.progs.xdpcount_out, interface);
    default: return attach_clsact(skel.progs.xdpcount_filter, interface);
    }
}

// By what `mode` asks for, or the first that works; says which, and why not the one before.
class Ways {
public:
    Ways(Tracer &tracer, const Options &options, const Interface &interface, Keys &keys)
        : tracer_(tracer), options_(options), interface_(interface), keys_(keys)
    {}

    Attached<xdpcount_bpf> attach_first()
    {
        std::vector<Mode> modes{options_.mode};
        if (options_.mode == Mode::automatic)
            modes = options_.tc ? std::vector{Mode::tcx, Mode::clsact} : std::vector{Mode::native, Mode::generic};
        std::vector<AttachMethod<xdpcount_bpf>> ways;
        for (const Mode mode : modes)
            ways.push_back({.name = std::string{name(mode)},
                            .configure = [this, mode](auto &skel) { configure(skel, options_, interface_, mode); },
                            .attach_more = [this, mode](auto &skel) { return hook(skel, mode); },
                            .fill = [this, mode](auto &skel) { fill(skel, options_, mode); }});
        return tracer_.attach_first(ways);
    }

    // From here on no program is called any more.
    void detach() { hook_.reset(); }

private:
    static std::string_view name(Mode mode) { return mode_names[static_cast<std::size_t>(mode)]; }

    std::vector<Link> hook(xdpcount_bpf &skel, Mode mode)
    {
        try {
            hook_ = attach(skel, interface_, mode);
        } catch (const Error &error) {
            refused_ = fmt::format("{} was refused: {}", name(mode), error.what());
            throw Error{error.code(), "{}: {}", interface_.name, refused_};
        }
        tracer_.log().line("{}: {}, {}{}", interface_.name,
                           options_.tc ? "what goes out, by tc" : "what comes in, by XDP", name(mode),
                           refused_.empty() ? "" : "; " + refused_);
        keys_.set_mode(mode);
        return {};
    }

    Tracer &tracer_;
    const Options &options_;
    const Interface &interface_;
    Keys &keys_;
    std::unique_ptr<PacketHook> hook_;
    std::string refused_;
};

void warn_of_drops(const Log &log, const Options &options, const Interface &interface)
{
    if (options.drops.empty())
        return;
    log.line("{}: drops {} as long as it runs", interface.name, fmt::join(options.drop_texts, ", "));
    if (std::ranges::find(options.drop_texts, "icmp6") != options.drop_texts.end())
        log.line("icmp6 includes neighbour discovery: IPv6 will stop working there");
}

int run(Cli &cli)
{
    Options options;

    cli.add_packet_counting();
    add_options(cli, options);
    cli.parse();
    check_options(options);
    const Interface interface = Interface::named(options.interface);

    Tracer tracer{info, cli.common()};
    Keys keys{options, interface};
    CountView view{tracer, keys, options.view};
    Ways ways{tracer, options, interface, keys};

    tracer.prepare(Tracer::What::packets);
    if (!options.tc)
        require_free_xdp(interface);
    auto attached = ways.attach_first();
    warn_of_drops(tracer.log(), options, interface);
    CounterMap counts{(*attached.skel)->maps.counts, options.map.reads};
    tracer.log().detail("counters: {}", counts.is_batched() ? "read in batches" : "read one by one");
    view.run(counts, attached.skel->object());
    ways.detach();
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: counts and drops packets of network interfaces.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include "xdpcount/capture.hpp"
#include "xdpcount/hooks.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/keys.hpp"
#include "xdpcount/options.hpp"
#include "xdpcount/packet_hook.hpp"
#include "xdpcount/packets.hpp"
#include <snoop/xdpcount.h>

#include <algorithm>
#include <cstddef>
#include <fmt/ranges.h>
#include <iterator>
#include <optional>
#include <vector>

#include "table/json_schema.hpp"
#include "xdpcount.skel.h"

namespace {

using namespace snoop;
using namespace snoop::xdpcount;

constexpr ToolInfo info{"xdpcount", "Count the packets of network interfaces by protocol and port, and drop some.",
                        "Examples:\n"
                        "  xdpcount eth0                    received packets, every two seconds\n"
                        "  xdpcount eth0 --tc --by peer     sent packets, by destination port\n"
                        "  xdpcount eth0 --by src --top 10  who sends most\n"
                        "  xdpcount eth0 --drop udp/53 --drop 192.0.2.0/24 -d 60\n"
                        "  xdpcount eth0 -o json | jq .bytes_rate\n",
                        0, "count the packets of everybody and drop any of them"};

constexpr std::size_t packets = 0, bytes = 1, dropped = 2, dropped_bytes = 3, unparsed = 4; // indices of the measures

Measures measures()
{
    return {{"packets", "PACKETS", "PER-SEC", "packets_delta", "packets_rate", "All packets."},
            {"bytes", "BYTES", "BYTES/S", "bytes_delta", "bytes_rate", "Bytes of all packets."},
            {"dropped", "DROPPED", "", "dropped_delta", "dropped_rate", "Packets that were dropped."},
            {"dropped_bytes", "", "", "dropped_bytes_delta", "dropped_bytes_rate", "Bytes of dropped packets."},
            {"unparsed", "UNPARSED", "", "unparsed_delta", "unparsed_rate",
             "Packets that end before what the rules compare, or are invalid."}};
}

void add_options(Cli &cli, Options &options)
{
    cli.arguments("IFACE", options.interfaces, "Network interfaces, such as eth0")
        .required()
        .completes(Complete::interface);
    cli.choice<packet_by>("--by", "KEY", options.by,
                          {{"port", PACKET_BY_PORT, "protocol and local port"},
                           {"peer", PACKET_BY_PEER, "protocol and remote port"},
                           {"proto", PACKET_BY_PROTO, "protocol"},
                           {"src", PACKET_BY_SRC, "source address"},
                           {"dst", PACKET_BY_DST, "destination address"},
                           {"interface", PACKET_BY_INTERFACE, "network interface"},
                           {"vlan", PACKET_BY_VLAN, "id of the outermost VLAN tag"},
                           {"tcp-flags", PACKET_BY_TCP_FLAGS, "protocol, and flags of TCP"}},
                          "Count by KEY")
        .manual("Count by KEY:");
    cli.flag("--tc", options.tc, "Count sent packets (tc) instead of received ones (XDP)");
    cli.each(
           "--drop", "RULE",
           [&options](std::string_view, const std::string &text) {
               options.drops.push_back(parse_drop(text));
               options.drop_texts.push_back(text);
           },
           "Drop icmp, icmp6, tcp/PORT, udp/PORT, tcp-flags=FLAGS, ADDRESS or ADDRESS/BITS")
        .manual("Drop packets that match RULE, and count them; see DROPPING.");
    cli.choice<bool>("--unparsed", "pass|drop", options.drops_unparsed,
                     {{"drop", true, "do not let a packet past the rules because it hides what they compare"},
                      {"pass", false, "let it through"}},
                     "With --drop: what to do with packets that cannot be parsed")
        .manual("With --drop: what to do with packets that cannot be parsed; see DROPPING.");
    cli.option("--pcap", "FILE", options.pcap, "With --drop: write the dropped packets to FILE (- for stdout)")
        .manual("With --drop: write the dropped packets to FILE, in the format of tcpdump(8). If FILE is `-`, write "
                "them to standard output, and print no tables; see CAPTURING.")
        .completes(Complete::file);
    cli.size("--snaplen", options.snaplen, 64, PACKET_CAPTURE_MAX, "With --pcap: bytes to write of each packet");
    cli.choice<Mode>("--mode", "MODE", options.mode,
                     {{"auto", Mode::automatic, "the first that works; the first line of output names it"},
                      {"native", Mode::native, "XDP in the driver"},
                      {"generic", Mode::generic, "XDP after the driver"},
                      {"tcx", Mode::tcx, "tc through a link, with --tc"},
                      {"clsact", Mode::clsact, "tc through a filter, with --tc"}},
                     "Attach mode")
        .manual("Attach mode; see ATTACHING.");
    options.view.add_to(cli);
    options.map.add_to(cli);
}

void name_metrics(Options &options)
{
    const auto name = [&](std::size_t measure, std::string_view metric, std::string_view help) {
        options.view.measures[measure].metric = metric;
        options.view.measures[measure].metric_help = help;
    };

    name(packets, "snoop_packets_total", "Packets, those that were dropped included.");
    name(bytes, "snoop_packet_bytes_total", "Bytes of packets, with their Ethernet headers.");
    if (options.drops.empty())
        return;
    name(dropped, "snoop_dropped_packets_total", "Packets that --drop has dropped.");
    name(dropped_bytes, "snoop_dropped_packet_bytes_total", "Bytes of packets that --drop has dropped.");
}

void check_options(Options &options, const CommonOptions &common)
{
    const bool is_tc_mode = options.mode == Mode::tcx || options.mode == Mode::clsact;

    if (options.mode != Mode::automatic && is_tc_mode != options.tc)
        throw Error{exit_usage, "--mode {} {}", mode_name(options.mode),
                    is_tc_mode ? "requires --tc" : "cannot be combined with --tc: give tcx or clsact"};
    if (!options.pcap.empty() && options.drops.empty())
        throw Error{exit_usage, "--pcap writes packets that are dropped: give --drop, too"};
    options.view.silent = options.pcap == "-";
    if (options.view.silent && common.format == Format::json)
        throw Error{exit_usage, "--pcap - cannot be combined with -o json: both write to stdout; give a file"};
    if (options.view.silent && !common.command.empty())
        throw Error{exit_usage, "--pcap - cannot be combined with a command: both write to stdout; give a file"};
    check_label(options.by, common.metrics);
    name_metrics(options);
    if (options.drops.empty())
        options.view.measures[dropped].title = options.view.measures[unparsed].title = "";
}

void warn_of_drops(const Log &log, const Options &options, const Interfaces &interfaces)
{
    if (options.drops.empty())
        return;
    for (const Interface &interface : interfaces)
        log.line("{}: dropping {} until xdpcount exits", interface.name, fmt::join(options.drop_texts, ", "));
    if (std::ranges::find(options.drop_texts, "icmp6") != options.drop_texts.end())
        log.line("icmp6 includes neighbour discovery: IPv6 will stop working on {}",
                 interfaces.size() == 1 ? "this interface" : "these interfaces");
}

void warn_of_removed_tags(const Log &log, const Options &options, const Interfaces &interfaces)
{
    if (options.by != PACKET_BY_VLAN || options.tc)
        return;
    for (const Interface &interface : interfaces)
        if (interface.removes_tags())
            log.line("{0}: packets whose VLAN tag the card has removed count as untagged: `ethtool -K {0} rxvlan off` "
                     "keeps the tags",
                     interface.name);
}

int run(Cli &cli)
{
    Options options;

    options.view.measures = measures();
    cli.add_packet_counting();
    cli.add_transport();
    cli.describe_trial({"lo"}, true);
    cli.describe_rows([&] {
        return json_schema("xdpcount", {{"count", "Packets of one key, at each interval.",
                                         count_keys(key_columns(), options.view.measures)},
                                        describe_count_accounting(info.name, options.view, Capture::describe())});
    });
    add_options(cli, options);
    cli.parse();
    check_options(options, cli.common());
    Interfaces interfaces = interfaces_named(options.interfaces);

    Tracer tracer{info, cli.common()};
    Keys keys{options, interfaces};
    CountView view{tracer, keys, options.view};
    Hooks hooks{tracer, options, interfaces};

    tracer.prepare(Tracer::What::packets);
    if (!options.tc)
        std::ranges::for_each(interfaces, require_free_xdp);
    std::optional<Capture> capture;
    if (!options.pcap.empty())
        capture.emplace(tracer, options, interfaces);
    auto attached =
        tracer.attach_first(hooks.attach_methods(), capture ? capture->observer() : AttachObserver<xdpcount_bpf>{});
    warn_of_drops(tracer.log(), options, interfaces);
    warn_of_removed_tags(tracer.log(), options, interfaces);
    CounterMap counts{(*attached.skel)->maps.counts, options.map.reads};
    tracer.log().detail("counters: {}", counts.is_batched() ? "read in batches" : "read one by one");
    tracer.sandbox().calls = SandboxCalls::network;
    view.run(counts, attached.skel->object(), capture ? &*capture : nullptr);
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/capture.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"
#include "xdpcount/packet_hook.hpp"

#include <algorithm>
#include <ctime>

namespace snoop::xdpcount {
namespace {

constexpr std::size_t mac_bytes = 12; // the addresses in front of a VLAN tag

// Programs can copy packets into a ring buffer since 5.18.
CommonOptions with_transport(CommonOptions common, const Log &log)
{
    if (has_xdp_frags() || common.transport == Transport::perf)
        return common;
    if (common.transport == Transport::ring)
        throw Error{exit_lacks, "--pcap with --transport ring requires Linux 5.18: omit --transport"};
    log.detail("--pcap: through perf buffers: a ring buffer takes packets since Linux 5.18");
    common.transport = Transport::perf;
    return common;
}

PcapFile::LinkType link_type(const Interfaces &interfaces)
{
    const bool is_bare = interfaces.front().is_bare_ip;

    for (const Interface &interface : interfaces)
        if (interface.is_bare_ip != is_bare)
            throw Error{exit_usage,
                        "--pcap: only one of {} and {} has frames with an Ethernet header, and a file holds one kind: "
                        "run xdpcount once for each",
                        interfaces.front().name, interface.name};
    return is_bare ? PcapFile::bare_ip : PcapFile::ethernet;
}

} // namespace

Capture::Capture(Tracer &tracer, const Options &options, const Interfaces &interfaces)
    : tracer_(tracer),
      options_(with_transport(tracer.options(), tracer.log())),
      most_captured_(options.snaplen),
      transport_(options_, tracer.log()),
      file_(options.pcap, link_type(interfaces), options.snaplen)
{}

AttachObserver<xdpcount_bpf> Capture::observer()
{
    return {.before_load =
                [this](xdpcount_bpf &skel) {
                    transport_.before_load(skel.obj, skel.rodata->config);
                    skel.rodata->capture_bytes = most_captured_;
                },
            .after_load =
                [this](xdpcount_bpf &skel) {
                    transport_.after_load(skel.obj, skel.bss ? &skel.bss->wake : nullptr);
                    wall_offset_ns_ = kernel::wall_offset_ns(transport_.clock());
                },
            .on_failure = [this] { transport_.reset(); }};
}

void Capture::watch(Loop &loop)
{
    loop.watch_source(transport_.source().fd());
    wait_.emplace(transport_.source(), loop);
}

void Capture::drain()
{
    found_ = transport_.source().drain(
                 [this](const snoop_record &rec, std::span<const std::byte> whole) { take(rec, whole); }) > 0;
    file_.flush();
    if (file_.closed())
        tracer_.loop().stop();
}

void Capture::wait(std::optional<std::chrono::milliseconds> limit) { wait_->after_drain(found_, limit); }

void Capture::finish()
{
    do
        drain();
    while (found_ && transport_.is_ring());
    transport_.source().drain_rest(
        [this](const snoop_record &rec, std::span<const std::byte> whole) { take(rec, whole); });
    file_.finish();
    transport_.report_wakeups();
}

void Capture::take(const snoop_record &rec, std::span<const std::byte> whole)
{
    if (rec.kind != PACKET_DROPPED || whole.size() < sizeof(dropped_packet))
        return;
    const auto &head = *reinterpret_cast<const dropped_packet *>(whole.data());
    std::span<const std::byte> bytes =
        whole.subspan(sizeof(head), std::min<std::size_t>(head.captured, whole.size() - sizeof(head)));
    std::uint32_t length = head.len;

    if (head.tag_type && bytes.size() >= mac_bytes) {
        const auto high = [](std::uint16_t number) { return static_cast<std::byte>(number >> 8); };
        const auto low = [](std::uint16_t number) { return static_cast<std::byte>(number); };
        packet_.assign(bytes.begin(), bytes.begin() + mac_bytes);
        packet_.insert(packet_.end(), {high(head.tag_type), low(head.tag_type), high(head.tag), low(head.tag)});
        packet_.insert(packet_.end(), bytes.begin() + mac_bytes, bytes.end());
        bytes = packet_;
        length += 4;
    }
    file_.add({static_cast<std::uint64_t>(static_cast<std::int64_t>(rec.ts_ns) + wall_offset_ns_), length,
               bytes.first(std::min<std::size_t>(bytes.size(), most_captured_))});
}

std::vector<AccountingItem> Capture::accounting(std::uint64_t captured, std::uint64_t lost)
{
    return {{.key = "captured",
             .count = captured,
             .meaning = "Dropped packets that were written to the file of --pcap.",
             .only = "with --pcap"},
            {.key = "not_captured",
             .count = lost,
             .meaning = "Dropped packets that were not, since a buffer was full or nobody read the pipe.",
             .only = "with --pcap"}};
}

std::uint64_t Capture::lost(const EventCounters &counters) const
{
    return file_.lost() + counters[SNOOP_LOST_RING] + counters[SNOOP_LOST_NO_BUFFER] + counters[SNOOP_LOST_SIZE];
}

std::vector<AccountingItem> Capture::items(const EventCounters &counters) const
{
    return accounting(file_.packets(), lost(counters));
}

} // namespace snoop::xdpcount

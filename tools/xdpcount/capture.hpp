// SPDX-License-Identifier: BSD-2-Clause
// --pcap: receives the packets that programs drop, and writes them to a file.
//     Capture capture{tracer, options, interfaces};
//     auto attached = tracer.attach_first(methods, capture.observer());
//     view.run(counts, object, &capture);
#pragma once

#include "count/count_view.hpp"
#include "run/attach_method.hpp"
#include "run/event_wait.hpp"
#include "run/tracer.hpp"
#include "run/transport.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/options.hpp"
#include "xdpcount/pcap_file.hpp"
#include <snoop/xdpcount.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "xdpcount.skel.h"

namespace snoop::xdpcount {

class Capture : public CountRecords {
public:
    // Creates the file. Throws Error: as PcapFile does; exit 2 if the frames of some interfaces have an
    // Ethernet header and those of others have none, since a file has one kind; exit 3 if the kernel
    // cannot send packets by the transport that the user asks for.
    Capture(Tracer &tracer, const Options &options, const Interfaces &interfaces);

    AttachObserver<xdpcount_bpf> observer();

    void watch(Loop &loop) override;
    void drain() override;
    void wait(std::optional<std::chrono::milliseconds> limit) override;
    void finish() override;
    [[nodiscard]] std::vector<AccountingItem> items(const EventCounters &counters) const override;
    [[nodiscard]] bool is_lossy(const EventCounters &counters) const override { return lost(counters) > 0; }
    [[nodiscard]] std::optional<std::string> failure() const override { return file_.failure(); }

    // The items with counts of 0, for the schema.
    static std::vector<AccountingItem> describe() { return accounting(0, 0); }

private:
    static std::vector<AccountingItem> accounting(std::uint64_t captured, std::uint64_t lost);
    [[nodiscard]] std::uint64_t lost(const EventCounters &counters) const;
    void take(const snoop_record &rec, std::span<const std::byte> whole);

    Tracer &tracer_;
    CommonOptions options_; // with the transport that the kernel has
    std::uint32_t most_captured_;
    EventTransport transport_;
    PcapFile file_;
    std::optional<EventWait> wait_;
    std::int64_t wall_offset_ns_ = 0;
    std::vector<std::byte> packet_; // with its tag
    bool found_ = false;
};

} // namespace snoop::xdpcount

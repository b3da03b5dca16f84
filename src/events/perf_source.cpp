// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.hpp"
#include "base/fd.hpp"
#include "events/event_source.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

struct FreePerf {
    void operator()(perf_buffer *perf) const noexcept { perf_buffer__free(perf); }
};
using PerfBuffers = std::unique_ptr<perf_buffer, FreePerf>;

// One buffer per CPU. They wake the consumer after so many bytes; with 0, at every record.
PerfBuffers make_perf_buffers(int map_fd, std::size_t pages, std::size_t wake_bytes, perf_buffer_event_fn on_event,
                              void *ctx)
{
    perf_event_attr attr{};

    attr.size = sizeof(attr);
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_BPF_OUTPUT;
    attr.sample_type = PERF_SAMPLE_RAW;
    attr.sample_period = 1;
    attr.watermark = wake_bytes > 0;
    if (attr.watermark)
        attr.wakeup_watermark = static_cast<std::uint32_t>(wake_bytes);
    else
        attr.wakeup_events = 1;

    PerfBuffers perf{perf_buffer__new_raw(map_fd, pages, &attr, on_event, ctx, nullptr)};
    const int err = errno;
    if (!perf && (err == EACCES || err == EPERM))
        throw kernel::perf_refusal();
    if (!perf)
        throw Error{exit_runtime, "cannot map the perf buffers: {}; give a smaller --ring-size", describe_errno(err)};
    return perf;
}

// Each CPU has a buffer of its own. A drain reads one after the other, so an event
// can be read before an earlier one of another CPU: a drain therefore holds back
// what is younger than its own beginning, and hands the rest over sorted.
class PerfSource : public EventSource {
public:
    PerfSource(PerfMaps maps, std::size_t bytes, int clock, snoop_wake *wake) : wake_(wake), clock_(clock)
    {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

        perf_ = make_perf_buffers(maps.events, bytes / page, wake_ ? bytes / 2 : 0, on_event, this);
        watch(perf_);
        if (!wake_)
            return;
        wakeups_ = make_perf_buffers(
            maps.wakeups, 1, 0, [](void *, int, perf_event_header *) { return LIBBPF_PERF_EVENT_CONT; }, this);
        watch(wakeups_);
    }

    std::size_t drain(const RecordHandler &handler) override
    {
        const auto horizon = static_cast<std::uint64_t>(kernel::clock_ns(clock_));

        if (wakeups_)
            perf_buffer__consume(wakeups_.get());
        perf_buffer__consume(perf_.get());
        const std::size_t found = held_.size();
        hand_over(handler, horizon);
        return found;
    }

    void drain_rest(const RecordHandler &handler) override
    {
        perf_buffer__consume(perf_.get());
        hand_over(handler, UINT64_MAX);
    }

    [[nodiscard]] int fd() const override { return epoll_.get(); }

    void announce(snoop_consumer state) override { announce_to(wake_, state); }
    [[nodiscard]] bool is_announced(snoop_consumer state) const override { return is_announced_to(wake_, state); }
    [[nodiscard]] int looks() const override { return 2; }

private:
    // A record, and where it lies in copies_.
    struct Held {
        std::uint64_t ts_ns;
        std::size_t at;
    };
    using Units = std::vector<std::uint64_t>; // 8 bytes each, for the records' alignment

    static std::size_t units_of(std::size_t bytes) { return (bytes + 7) / 8; }

    const snoop_record &record_of(const Held &held) const
    {
        return *reinterpret_cast<const snoop_record *>(copies_.data() + held.at);
    }

    // Lost records are counted by the programs themselves, exactly once.
    static bpf_perf_event_ret on_event(void *self_, int, perf_event_header *event)
    {
        auto *self = static_cast<PerfSource *>(self_);
        const auto *raw = reinterpret_cast<const std::byte *>(event + 1); // u32 size, data
        std::uint32_t size = 0;

        if (event->type != PERF_RECORD_SAMPLE)
            return LIBBPF_PERF_EVENT_CONT;
        std::memcpy(&size, raw, sizeof(size));
        // Data starts 4 bytes off an 8-byte boundary and is padded at its end.
        const std::size_t at = self->copies_.size();
        self->copies_.resize(at + units_of(size));
        std::memcpy(self->copies_.data() + at, raw + sizeof(size), size);
        if (const snoop_record *rec = as_record(self->copies_.data() + at, size))
            self->held_.push_back({rec->ts_ns, at});
        else
            self->copies_.resize(at);
        return LIBBPF_PERF_EVENT_CONT;
    }

    void watch(const PerfBuffers &perf)
    {
        epoll_event event{.events = EPOLLIN, .data = {}};

        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, perf_buffer__epoll_fd(perf.get()), &event) != 0)
            throw Error{exit_runtime, "cannot wait for the perf buffers: {}", describe_errno(errno)};
    }

    void hand_over(const RecordHandler &handler, std::uint64_t horizon)
    {
        // Records with the same time, such as those of one event, stay in their order.
        std::sort(held_.begin(), held_.end(),
                  [](const Held &a, const Held &b) { return std::tie(a.ts_ns, a.at) < std::tie(b.ts_ns, b.at); });
        const auto young = std::find_if(held_.begin(), held_.end(), [&](const Held &h) { return h.ts_ns > horizon; });
        for (auto h = held_.begin(); h != young; ++h)
            handler(record_of(*h), {reinterpret_cast<const std::byte *>(&record_of(*h)), record_of(*h).size});
        keep(young);
    }

    // Forgets all records before `first`.
    void keep(std::vector<Held>::iterator first)
    {
        spilled_.clear();
        for (auto h = first; h != held_.end(); ++h) {
            const auto *from = copies_.data() + h->at;
            const std::size_t units = units_of(record_of(*h).size);
            h->at = spilled_.size();
            spilled_.insert(spilled_.end(), from, from + units);
        }
        held_.erase(held_.begin(), first);
        std::swap(copies_, spilled_);
    }

    snoop_wake *wake_;
    int clock_;
    std::vector<Held> held_;
    Units copies_, spilled_; // which take turns
    Fd epoll_{epoll_create1(EPOLL_CLOEXEC)};
    PerfBuffers perf_, wakeups_;
};

} // namespace

std::unique_ptr<EventSource> perf_source(PerfMaps maps, std::size_t bytes, int clock, snoop_wake *wake)
{
    return std::make_unique<PerfSource>(maps, bytes, clock, wake);
}

} // namespace snoop

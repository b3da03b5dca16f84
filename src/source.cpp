// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/error.hpp>
#include <snoop/fd.hpp>
#include <snoop/kernel.hpp>
#include <snoop/source.hpp>

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

namespace snoop {
namespace {

constexpr std::size_t records_per_drain = 8192;

// A record as the kernel gave it, or nothing if its own size says it can't be one.
const snoop_record *as_record(const void *data, std::size_t size)
{
    const auto *rec = static_cast<const snoop_record *>(data);

    return size >= sizeof(*rec) && rec->size >= sizeof(*rec) && rec->size <= size ? rec : nullptr;
}

// Sequentially consistent: see wake_if_it_fell_asleep() in emit.bpf.h.
void store(snoop_wake *wake, snoop_reader state)
{
    if (wake)
        std::atomic_ref{wake->reader}.store(state);
}

class RingSource : public EventSource {
public:
    RingSource(int map_fd, snoop_wake *wake) : wake_(wake), map_fd_(map_fd)
    {
        ring_.reset(ring_buffer__new(map_fd, on_sample, this, nullptr));
        if (!ring_)
            throw Error{exit_runtime, "cannot map the ring buffer: {}", describe_errno(errno)};
    }

    std::size_t drain(const RecordHandler &handler) override
    {
        handler_ = &handler;
        count_ = 0;
        ring_buffer__consume(ring_.get());
        return count_;
    }

    [[nodiscard]] int fd() const override { return map_fd_; }

    void announce(snoop_reader state) override { store(wake_, state); }

private:
    struct Free {
        void operator()(ring_buffer *ring) const noexcept { ring_buffer__free(ring); }
    };

    // A negative value ends ring_buffer__consume() behind this record. It must never
    // say "not for me", only "enough for this drain".
    static int on_sample(void *self_, void *data, std::size_t size)
    {
        auto *self = static_cast<RingSource *>(self_);
        if (const snoop_record *rec = as_record(data, size))
            (*self->handler_)(*rec, {static_cast<const std::byte *>(data), rec->size});
        return ++self->count_ < records_per_drain ? 0 : -ECANCELED;
    }

    snoop_wake *wake_;
    int map_fd_;
    const RecordHandler *handler_ = nullptr;
    std::size_t count_ = 0;
    std::unique_ptr<ring_buffer, Free> ring_;
};

struct FreePerf {
    void operator()(perf_buffer *perf) const noexcept { perf_buffer__free(perf); }
};
using PerfBuffers = std::unique_ptr<perf_buffer, FreePerf>;

// One a CPU. They wake the reader after so many bytes; 0: at every record.
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
        throw Error{exit_lacks, "perf buffers are not for this user here (kernel.perf_event_paranoid): run it as "
                                "root, or with --transport ring"};
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
        const std::size_t pages = std::bit_ceil(std::max<std::size_t>(1, (bytes + page - 1) / page));

        perf_ = make_perf_buffers(maps.events, pages, wake_ ? pages * page / 2 : 0, on_event, this);
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

    void announce(snoop_reader state) override { store(wake_, state); }
    [[nodiscard]] int looks() const override { return 2; }

private:
    using Held = std::vector<std::uint64_t>; // a record, in 8-byte units for its alignment

    static const snoop_record &record_of(const Held &held)
    {
        return *reinterpret_cast<const snoop_record *>(held.data());
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
        Held held((size + 7) / 8);
        std::memcpy(held.data(), raw + sizeof(size), size);
        if (as_record(held.data(), size))
            self->held_.push_back(std::move(held));
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
        std::stable_sort(held_.begin(), held_.end(),
                         [](const Held &a, const Held &b) { return record_of(a).ts_ns < record_of(b).ts_ns; });
        const auto young =
            std::find_if(held_.begin(), held_.end(), [&](const Held &h) { return record_of(h).ts_ns > horizon; });
        for (auto h = held_.begin(); h != young; ++h)
            handler(record_of(*h), {reinterpret_cast<const std::byte *>(h->data()), record_of(*h).size});
        held_.erase(held_.begin(), young);
    }

    snoop_wake *wake_;
    int clock_;
    std::vector<Held> held_;
    Fd epoll_{epoll_create1(EPOLL_CLOEXEC)};
    PerfBuffers perf_, wakeups_;
};

} // namespace

std::unique_ptr<EventSource> ring_source(int map_fd, snoop_wake *wake)
{
    return std::make_unique<RingSource>(map_fd, wake);
}

std::unique_ptr<EventSource> perf_source(PerfMaps maps, std::size_t bytes, int clock, snoop_wake *wake)
{
    return std::make_unique<PerfSource>(maps, bytes, clock, wake);
}

} // namespace snoop

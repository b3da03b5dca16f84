// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/error.hpp>
#include <snoop/kernel.hpp>
#include <snoop/source.hpp>

#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

// Each CPU has a buffer of its own. A drain reads one after the other, so an event
// can be read before an earlier one of another CPU: a drain therefore holds back
// what is younger than its own beginning, and hands the rest over sorted.
class PerfSource : public EventSource {
public:
    PerfSource(int map_fd, std::size_t bytes, int clock) : clock_(clock)
    {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t pages = std::bit_ceil(std::max<std::size_t>(1, (bytes + page - 1) / page));

        // Lost records are counted by the programs themselves, exactly once.
        perf_.reset(perf_buffer__new(
            map_fd, pages, on_sample, [](void *, int, __u64) {}, this, nullptr));
        const int err = errno;
        if (!perf_ && (err == EACCES || err == EPERM))
            throw Error{exit_lacks, "perf buffers are not for this user here (kernel.perf_event_paranoid): run it as "
                                    "root, or with --transport ring"};
        if (!perf_)
            throw Error{exit_runtime, "cannot map the perf buffers: {}; give a smaller --ring-size",
                        describe_errno(err)};
    }

    std::size_t drain(const RecordHandler &handler) override
    {
        const auto horizon = static_cast<std::uint64_t>(kernel::clock_ns(clock_));

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

    [[nodiscard]] int fd() const override { return perf_buffer__epoll_fd(perf_.get()); }

private:
    struct Free {
        void operator()(perf_buffer *perf) const noexcept { perf_buffer__free(perf); }
    };
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

    static void on_sample(void *self_, int, void *data, __u32 size)
    {
        auto *self = static_cast<PerfSource *>(self_);
        const std::size_t at = self->copies_.size();
        // A sample starts 4 bytes off an 8-byte boundary and is padded at its end.
        self->copies_.resize(at + units_of(size));
        std::memcpy(self->copies_.data() + at, data, size);
        if (const snoop_record *rec = as_record(self->copies_.data() + at, size))
            self->held_.push_back({rec->ts_ns, at});
        else
            self->copies_.resize(at);
    }

    void hand_over(const RecordHandler &handler, std::uint64_t horizon)
    {
        // Of records with the same time, such as those of one event, in their order.
        std::sort(held_.begin(), held_.end(),
                  [](const Held &a, const Held &b) { return std::tie(a.ts_ns, a.at) < std::tie(b.ts_ns, b.at); });
        const auto young = std::find_if(held_.begin(), held_.end(), [&](const Held &h) { return h.ts_ns > horizon; });
        for (auto h = held_.begin(); h != young; ++h)
            handler(record_of(*h), {reinterpret_cast<const std::byte *>(&record_of(*h)), record_of(*h).size});
        keep(young);
    }

    // Lets go of all before `first`.
    void keep(std::vector<Held>::iterator first)
    {
        kept_.clear();
        for (auto h = first; h != held_.end(); ++h) {
            const auto *from = copies_.data() + h->at;
            const std::size_t units = units_of(record_of(*h).size);
            h->at = kept_.size();
            kept_.insert(kept_.end(), from, from + units);
        }
        held_.erase(held_.begin(), first);
        std::swap(copies_, kept_);
    }

    int clock_;
    std::vector<Held> held_;
    Units copies_, kept_; // which take turns
    std::unique_ptr<perf_buffer, Free> perf_;
};

} // namespace

std::unique_ptr<EventSource> perf_source(int map_fd, std::size_t bytes, int clock)
{
    return std::make_unique<PerfSource>(map_fd, bytes, clock);
}

} // namespace snoop

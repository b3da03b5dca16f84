// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.hpp"
#include "events/event_source.hpp"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace snoop {
namespace {

constexpr std::size_t window_bytes = 256 * 1024; // far above any record
constexpr std::size_t publish_every = 64;        // records

// Pages of a map, for as long as this object lives.
class Pages {
public:
    Pages(int fd, std::size_t bytes, int protection, std::size_t offset)
        : bytes_(bytes), at_(mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset)))
    {
        if (at_ == MAP_FAILED)
            throw Error{exit_runtime, "cannot map the ring buffer: {}", describe_errno(errno)};
    }
    ~Pages() { munmap(at_, bytes_); }
    Pages(const Pages &) = delete;
    Pages &operator=(const Pages &) = delete;

    // Maps another part of the map at the same address.
    void move(int fd, std::size_t offset)
    {
        if (mmap(at_, bytes_, PROT_READ, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) == MAP_FAILED)
            throw Error{exit_runtime, "cannot map the ring buffer: {}", describe_errno(errno)};
    }
    [[nodiscard]] std::byte *at(std::size_t offset) const { return static_cast<std::byte *>(at_) + offset; }

private:
    std::size_t bytes_;
    void *at_;
};

/*
 * The map (kernel/bpf/ringbuf.c) is a page with the consumer's position, a page with that of
 * the programs, and the data, twice, so that a record that goes over the end is in one piece
 * nevertheless. Positions only grow. A record begins with 4 bytes of length and two flags,
 * and 4 more of the kernel's own.
 *
 * The data is looked at through a window that moves along: the kernel counts each page that
 * is mapped as memory of this process, so a mapping of all of it, as ring_buffer__new() in
 * libbpf makes it, counts twice what the ring has, and takes longer than to move the window.
 */
class RingSource : public EventSource {
public:
    RingSource(int map_fd, std::size_t bytes, snoop_wake *wake)
        : map_fd_(map_fd),
          wake_(wake),
          ring_bytes_(bytes),
          page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          window_size_(std::min(window_bytes, 2 * bytes)),
          consumer_(map_fd, page_, PROT_READ | PROT_WRITE, 0),
          programs_(map_fd, page_, PROT_READ, page_),
          window_(map_fd, window_size_, PROT_READ, 2 * page_)
    {
        at_ = *position(consumer_);
    }

    std::size_t drain(const RecordHandler &handler) override
    {
        const Publisher publisher{*this};
        std::size_t handed_over = 0;
        std::uint64_t end = __atomic_load_n(position(programs_), __ATOMIC_ACQUIRE);

        for (std::size_t count = 0; count < records_per_drain; count++) {
            if (count % publish_every == publish_every - 1)
                publish();
            if (at_ == end && at_ == (end = __atomic_load_n(position(programs_), __ATOMIC_ACQUIRE)))
                break;
            const auto *header = reinterpret_cast<const std::uint32_t *>(bytes(at_, BPF_RINGBUF_HDR_SZ));
            const std::uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
            if (length & BPF_RINGBUF_BUSY_BIT) // a program is about to fill it
                break;
            const std::size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
            const std::uint64_t record = at_ + BPF_RINGBUF_HDR_SZ;
            at_ = record + (size + 7) / 8 * 8;
            if (length & BPF_RINGBUF_DISCARD_BIT)
                continue;
            const std::byte *data = bytes(record, size);
            if (const snoop_record *rec = as_record(data, size)) {
                handler(*rec, {data, rec->size});
                handed_over++;
            }
        }
        return handed_over;
    }

    [[nodiscard]] int fd() const override { return map_fd_; }

    void announce(snoop_consumer state) override { announce_to(wake_, state); }
    [[nodiscard]] bool is_announced(snoop_consumer state) const override { return is_announced_to(wake_, state); }

private:
    // However a drain ends, the programs get the space back that it has read.
    struct Publisher {
        RingSource &ring;
        ~Publisher() { ring.publish(); }
    };

    static std::uint64_t *position(const Pages &pages) { return reinterpret_cast<std::uint64_t *>(pages.at(0)); }

    void publish() { __atomic_store_n(position(consumer_), at_, __ATOMIC_RELEASE); }

    // The ring from a position on, `size` bytes of it in one piece.
    const std::byte *bytes(std::uint64_t from, std::size_t size)
    {
        const std::size_t offset = from & (ring_bytes_ - 1);

        if (offset < window_at_ || offset + size > window_at_ + window_size_) {
            window_at_ = std::min(offset / page_ * page_, 2 * ring_bytes_ - window_size_);
            if (offset + size > window_at_ + window_size_)
                throw Error{exit_runtime, "a record of {} bytes in the ring buffer", size};
            window_.move(map_fd_, 2 * page_ + window_at_);
        }
        return window_.at(offset - window_at_);
    }

    int map_fd_;
    snoop_wake *wake_;
    std::size_t ring_bytes_, page_, window_size_;
    std::size_t window_at_ = 0; // in the data
    std::uint64_t at_ = 0;      // the consumer's position
    Pages consumer_, programs_, window_;
};

} // namespace

std::unique_ptr<EventSource> ring_source(int map_fd, std::size_t bytes, snoop_wake *wake)
{
    return std::make_unique<RingSource>(map_fd, bytes, wake);
}

} // namespace snoop

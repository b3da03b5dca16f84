// SPDX-License-Identifier: BSD-2-Clause
// A ring buffer without a kernel: a memory file with the kernel's layout of
// the map (see src/events/ring_source.cpp), and the records that programs would write.
//     MemoryRing ring{4096};
//     ring.put(plain_record(40));
//     const auto source = snoop::ring_source(ring.fd(), ring.bytes(), nullptr);
#pragma once

#include "base/fd.hpp"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

class MemoryRing {
public:
    // `bytes` of data: a power of two, in whole pages.
    explicit MemoryRing(std::size_t bytes)
        : bytes_(bytes),
          page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          file_(memfd_create("ring", MFD_CLOEXEC))
    {
        if (!file_ || ftruncate(file_.get(), static_cast<off_t>(2 * page_ + 2 * bytes_)) != 0)
            throw std::runtime_error{"no file in memory"};
    }

    [[nodiscard]] int fd() const { return file_.get(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    // Writes like bpf_ringbuf_output(); false if the ring is full. With the flag
    // BPF_RINGBUF_BUSY_BIT it stands for a record that is not submitted yet, with
    // BPF_RINGBUF_DISCARD_BIT for a discarded one.
    bool put(std::span<const std::byte> record, std::uint32_t flags = 0)
    {
        const std::size_t whole = (BPF_RINGBUF_HDR_SZ + record.size() + 7) / 8 * 8;
        if (end_ - reader_position() + whole > bytes_)
            return false;
        set_length(end_, static_cast<std::uint32_t>(record.size()) | flags);
        write_data(end_ + BPF_RINGBUF_HDR_SZ, record);
        move_end(whole);
        return true;
    }
    // Puts all records once more, if they filled the ring to the last byte.
    void put_all_again() { move_end(bytes_); }

    // Submits the busy record at a position.
    void set_length(std::uint64_t position, std::uint32_t length)
    {
        write_data(position, std::as_bytes(std::span{&length, 1}));
    }

    // The position of the next record.
    [[nodiscard]] std::uint64_t end() const { return end_; }
    // The consumer's position.
    [[nodiscard]] std::uint64_t reader_position() const
    {
        std::uint64_t position = 0;
        if (pread(fd(), &position, sizeof(position), 0) != sizeof(position))
            throw std::runtime_error{"cannot read a position"};
        return position;
    }

private:
    void move_end(std::size_t bytes)
    {
        end_ += bytes;
        if (pwrite(fd(), &end_, sizeof(end_), static_cast<off_t>(page_)) != sizeof(end_))
            throw std::runtime_error{"cannot write a position"};
    }

    // Both mappings of the data show it.
    void write_data(std::uint64_t position, std::span<const std::byte> data)
    {
        for (std::size_t i = 0; i < data.size();) {
            const std::size_t offset = (position + i) & (bytes_ - 1);
            const std::size_t size = std::min(data.size() - i, bytes_ - offset);
            for (const std::size_t copy : {offset, offset + bytes_})
                if (pwrite(fd(), &data[i], size, static_cast<off_t>(2 * page_ + copy)) != static_cast<ssize_t>(size))
                    throw std::runtime_error{"cannot write data"};
            i += size;
        }
    }

    std::size_t bytes_, page_;
    snoop::Fd file_;
    std::uint64_t end_ = 0;
};

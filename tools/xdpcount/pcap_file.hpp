// SPDX-License-Identifier: BSD-2-Clause
// Writes packets in the format of pcap-savefile(5), with times in nanoseconds.
//     PcapFile file{"dropped.pcap", PcapFile::ethernet, 1522};
//     file.add({time_ns, 60, bytes});
//     file.flush();
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace snoop::xdpcount {

class PcapFile {
public:
    enum LinkType : std::uint32_t { ethernet = 1, bare_ip = 101 }; // LINKTYPE_ETHERNET, LINKTYPE_RAW

    struct Packet {
        std::uint64_t time_ns; // since 1970
        std::uint32_t bytes;   // of the whole packet
        std::span<const std::byte> captured;
    };

    // Creates the file for its owner only, or empties it; "-" is stdout. Throws Error (exit 2) if that
    // fails, if another user owns the file, FIFO or link with this name, or if stdout is a terminal, and
    // Error (exit 1) if the header cannot be written.
    PcapFile(const std::string &path, LinkType type, std::uint32_t most_captured);

    // Drops the packet, and counts it as lost, if nobody reads a pipe and many packets wait.
    void add(const Packet &packet);
    // Writes what fits into a pipe, or all into a file. On a full disk the file is cut back to its last
    // whole packet; see failure().
    void flush();
    // Writes the rest. Waits for the reader of a pipe for a moment, and counts as lost what does not fit.
    void finish();

    // Nothing is written any more: the pipe's reader is gone, or it failed.
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    // Why, and how many packets the file holds.
    [[nodiscard]] const std::optional<std::string> &failure() const noexcept { return failure_; }
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; } // written whole
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    [[nodiscard]] std::size_t waiting() const noexcept { return buffer_.size() - sent_; }
    bool write_some(int wait_ms);
    void fail(int err);

    std::string path_;
    Fd fd_;
    bool is_file_ = false, closed_ = false;
    std::vector<std::byte> buffer_;
    std::size_t sent_ = 0;                  // bytes of the buffer that are written
    std::uint64_t added_ = 0, written_ = 0; // bytes
    std::deque<std::uint64_t> ends_;        // of the packets that are not written whole, in bytes
    std::uint64_t whole_ = 0;               // bytes up to the end of the last whole packet
    std::uint64_t packets_ = 0, lost_ = 0;
    std::optional<std::string> failure_;
};

} // namespace snoop::xdpcount

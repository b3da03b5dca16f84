// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/pcap_file.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::xdpcount {
namespace {

constexpr std::size_t most_waiting = 8 << 20; // bytes for a pipe that nobody reads
constexpr int patience_ms = 500;              // at the end

// pcap-savefile(5), in this machine's byte order.
struct FileHeader {
    std::uint32_t magic = 0xa1b23c4d; // times in nanoseconds
    std::uint16_t major = 2, minor = 4;
    std::uint32_t reserved[2] = {0, 0};
    std::uint32_t most_captured;
    std::uint32_t link_type;
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
    std::uint32_t seconds, nanoseconds, captured, bytes;
};
static_assert(sizeof(PacketHeader) == 16);

// Root, the user of this process, or the one who called sudo.
bool is_own(uid_t uid)
{
    const char *sudo = std::getenv("SUDO_UID");

    return uid == 0 || uid == geteuid() || (geteuid() == 0 && sudo && std::to_string(uid) == sudo);
}

Fd opened(const std::string &path)
{
    struct stat info {};

    if (path == "-") {
        if (isatty(STDOUT_FILENO))
            throw Error{exit_usage, "--pcap: stdout is a terminal: give a file, or send it to a pipe"};
        return Fd{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    }
    // A link can lead anywhere, so one of another user is not followed.
    if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode) && !is_own(info.st_uid))
        throw Error{exit_usage, "--pcap: '{}' is a link of another user: give another name", path};
    const int follow = S_ISLNK(info.st_mode) ? 0 : O_NOFOLLOW;
    Fd fd{open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | follow, 0600)};
    if (!fd)
        throw Error{exit_usage, "--pcap: cannot write '{}': {}", path, describe_errno(errno)};
    if (fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode) && (!is_own(info.st_uid) || info.st_nlink > 1))
        throw Error{exit_usage, "--pcap: '{}' belongs to another user or has several names: give another one", path};
    if (S_ISREG(info.st_mode) && ftruncate(fd.get(), 0) != 0)
        throw Error{exit_usage, "--pcap: cannot empty '{}': {}", path, describe_errno(errno)};
    return fd;
}

} // namespace

PcapFile::PcapFile(const std::string &path, LinkType type, std::uint32_t most_captured) : path_(path), fd_(opened(path))
{
    const FileHeader header{.most_captured = most_captured, .link_type = type};
    const auto bytes = std::as_bytes(std::span{&header, 1});
    struct stat info {};

    is_file_ = fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode);
    buffer_.assign(bytes.begin(), bytes.end());
    added_ = whole_ = bytes.size();
    flush();
}

void PcapFile::add(const Packet &packet)
{
    const auto captured = static_cast<std::uint32_t>(packet.captured.size());
    const PacketHeader header{static_cast<std::uint32_t>(packet.time_ns / 1'000'000'000),
                              static_cast<std::uint32_t>(packet.time_ns % 1'000'000'000), captured, packet.bytes};
    const auto bytes = std::as_bytes(std::span{&header, 1});

    if (closed_ || buffer_.size() > most_waiting) {
        lost_++;
        return;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    buffer_.insert(buffer_.end(), packet.captured.begin(), packet.captured.end());
    added_ += bytes.size() + captured;
    ends_.push_back(added_);
    if (buffer_.size() > most_waiting)
        flush();
}

// Writes once; returns false if there is nothing to write, or no room within this time.
bool PcapFile::write_some(int wait_ms)
{
    pollfd room{fd_.get(), POLLOUT, 0};

    if (closed_ || buffer_.empty())
        return false;
    // A pipe that is ready has room for PIPE_BUF bytes.
    if (!is_file_ && poll(&room, 1, wait_ms) <= 0)
        return false;
    const ssize_t n =
        write(fd_.get(), buffer_.data(), is_file_ ? buffer_.size() : std::min<std::size_t>(buffer_.size(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        if (errno != EPIPE)
            fail(errno);
        closed_ = true;
        return false;
    }
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(done));
    written_ += done;
    for (; !ends_.empty() && ends_.front() <= written_; ends_.pop_front(), packets_++)
        whole_ = ends_.front();
    return true;
}

void PcapFile::fail(int err)
{
    if (is_file_ && ftruncate(fd_.get(), static_cast<off_t>(whole_)) == 0)
        lseek(fd_.get(), 0, SEEK_END);
    throw Error{exit_runtime, "--pcap: cannot write '{}': {}; it holds {} whole packets", path_, describe_errno(err),
                packets_};
}

void PcapFile::flush()
{
    while (write_some(0)) {}
}

void PcapFile::finish()
{
    while (write_some(patience_ms)) {}
    lost_ += ends_.size();
    ends_.clear();
}

} // namespace snoop::xdpcount

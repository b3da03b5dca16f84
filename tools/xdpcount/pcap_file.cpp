// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/pcap_file.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include "base/users.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
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
    const auto caller = sudo_user();

    return uid == 0 || uid == geteuid() || (caller && uid == caller->uid);
}

// A file or a FIFO of another user would give him the packets. Devices are the system's.
bool is_foreign(const struct stat &info)
{
    return !S_ISCHR(info.st_mode) && (!is_own(info.st_uid) || (S_ISREG(info.st_mode) && info.st_nlink > 1));
}

Fd opened(const std::string &path)
{
    struct stat info {};

    if (path == "-") {
        if (isatty(STDOUT_FILENO))
            throw Error{exit_usage, "--pcap: stdout is a terminal: give a file, or send it to a pipe"};
        return Fd{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    }
    const auto refuse_foreign = [&] {
        if (!S_ISLNK(info.st_mode) && is_foreign(info))
            throw Error{exit_usage, "--pcap: '{}' belongs to another user or has several names: give another one",
                        path};
    };
    // A link can lead anywhere, so one of another user is not followed.
    if (lstat(path.c_str(), &info) == 0) {
        if (S_ISLNK(info.st_mode) && !is_own(info.st_uid))
            throw Error{exit_usage, "--pcap: '{}' is a link of another user: give another name", path};
        refuse_foreign(); // before the open, which waits for the reader of a FIFO
    }
    const int follow = S_ISLNK(info.st_mode) ? 0 : O_NOFOLLOW;
    Fd fd{open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | follow, 0600)};
    if (!fd || fstat(fd.get(), &info) != 0)
        throw Error{exit_usage, "--pcap: cannot write '{}': {}", path, describe_errno(errno)};
    refuse_foreign();
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
    added_ = bytes.size();
    flush();
    if (failure_)
        throw Error{exit_runtime, "{}", *failure_};
}

void PcapFile::add(const Packet &packet)
{
    const auto captured = static_cast<std::uint32_t>(packet.captured.size());
    const PacketHeader header{static_cast<std::uint32_t>(packet.time_ns / 1'000'000'000),
                              static_cast<std::uint32_t>(packet.time_ns % 1'000'000'000), captured, packet.bytes};
    const auto bytes = std::as_bytes(std::span{&header, 1});

    if (closed_ || waiting() > most_waiting) {
        lost_++;
        return;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    buffer_.insert(buffer_.end(), packet.captured.begin(), packet.captured.end());
    added_ += bytes.size() + captured;
    ends_.push_back(added_);
    if (waiting() > most_waiting)
        flush();
}

// Writes once; returns false if there is nothing to write, or no room within this time.
bool PcapFile::write_some(int wait_ms)
{
    pollfd room{fd_.get(), POLLOUT, 0};

    if (closed_ || waiting() == 0)
        return false;
    if (!is_file_)
        // After a signal, the timer of base/stop.hpp interrupts it: the caller knows how long to go on.
        if (const int ready = poll(&room, 1, wait_ms); ready <= 0)
            return ready < 0 && errno == EINTR && wait_ms > 0;
    // A pipe that is ready has room for PIPE_BUF bytes.
    const ssize_t n =
        write(fd_.get(), buffer_.data() + sent_, is_file_ ? waiting() : std::min<std::size_t>(waiting(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        if (errno != EPIPE)
            fail(errno);
        closed_ = true;
        return false;
    }
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    sent_ += done;
    written_ += done;
    // Not at each write: that would move the rest of the buffer for each 4 KiB.
    if (waiting() == 0 || sent_ > most_waiting / 2) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(sent_));
        sent_ = 0;
    }
    if (whole_ == 0 && written_ >= sizeof(FileHeader))
        whole_ = sizeof(FileHeader);
    for (; !ends_.empty() && ends_.front() <= written_; ends_.pop_front(), packets_++)
        whole_ = ends_.front();
    return true;
}

// Stdout may be a file that held something before: only this run's bytes are cut.
void PcapFile::fail(int err)
{
    const off_t at = is_file_ ? lseek(fd_.get(), 0, SEEK_CUR) : -1, part = static_cast<off_t>(written_ - whole_);

    if (at >= part && ftruncate(fd_.get(), at - part) == 0)
        lseek(fd_.get(), 0, SEEK_END);
    closed_ = true;
    failure_ =
        fmt::format("--pcap: cannot write '{}': {}; it holds {} whole packets", path_, describe_errno(err), packets_);
}

void PcapFile::flush()
{
    while (write_some(0)) {}
}

void PcapFile::finish()
{
    while (write_some(stop::overdue() ? 0 : patience_ms)) {}
    lost_ += ends_.size();
    ends_.clear();
}

} // namespace snoop::xdpcount

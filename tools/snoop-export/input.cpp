// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/input.hpp"
#include "base/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_export {
namespace {

// The rows of a chunk of a file are taken even if there is no room for them.
constexpr std::size_t chunk_size = 256 * 1024, file_chunk_size = 16 * 1024;

} // namespace

Input::Input(std::vector<std::string> files, bool waits) : buffer_(chunk_size, '\0')
{
    if (files.empty())
        files.emplace_back("-");
    for (const std::string &file : files) {
        Source &source = sources_.emplace_back();
        struct stat status {};
        source.name = file == "-" ? "standard input" : file;
        source.fd = STDIN_FILENO;
        if (file != "-") {
            source.owned = Fd{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
            source.fd = source.owned.get();
        }
        if (source.fd < 0 || fstat(source.fd, &status) != 0)
            throw Error{exit_usage, "cannot open '{}': {}", file, describe_errno(errno)};
        if (S_ISDIR(status.st_mode))
            throw Error{exit_usage, "'{}' is a directory: give a file with rows that a tool printed with -o json",
                        file};
        source.can_wait = waits || S_ISREG(status.st_mode);
    }
}

int Input::fd() const noexcept { return has_ended() ? -1 : sources_[current_].fd; }

std::optional<std::string_view> Input::read()
{
    pollfd ready{fd(), POLLIN, 0};

    if (poll(&ready, 1, 0) <= 0)
        return std::nullopt;
    const ssize_t size = ::read(fd(), buffer_.data(), can_wait() ? file_chunk_size : chunk_size);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return std::nullopt;
    if (size < 0)
        throw Error{exit_runtime, "cannot read {}: {}", name(), describe_errno(errno)};
    return std::string_view{buffer_}.substr(0, static_cast<std::size_t>(size));
}

} // namespace snoop::snoop_export

// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/file_handle.hpp"
#include "base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace snoop {

FileHandle FileHandle::open(const std::string &path, const std::string &shown)
{
    return of(Fd{::open(path.c_str(), O_PATH | O_CLOEXEC)}, shown);
}

FileHandle FileHandle::of(Fd fd, const std::string &shown)
{
    struct stat info {};
    FileHandle handle;

    if (!fd || fstat(fd.get(), &info) != 0)
        throw Error{exit_usage, "cannot read '{}': {}", shown, describe_errno(errno)};
    if (!S_ISREG(info.st_mode))
        throw Error{exit_usage, "'{}' is not an ELF executable or library", shown};
    handle.id_ = {info.st_dev, info.st_ino};
    handle.fd_ = std::make_shared<const Fd>(std::move(fd));
    return handle;
}

std::string FileHandle::path() const { return fmt::format("/proc/self/fd/{}", fd_->get()); }

} // namespace snoop

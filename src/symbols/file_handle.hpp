// SPDX-License-Identifier: BSD-2-Clause
// A regular file that stays the same one, whatever its path comes to mean.
//     const FileHandle file = FileHandle::open("/usr/bin/bash");
//     ElfFile{file.path()};   // "/proc/self/fd/7"
#pragma once

#include "base/fd.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>

namespace snoop {

// Copies share one descriptor, which is closed with the last.
class FileHandle {
public:
    FileHandle() = default;

    // The file itself is not opened (O_PATH), which has effects for devices and FIFOs. Messages call it
    // `shown`. Throws Error (exit 2) if there is none, or if it is not a regular file.
    static FileHandle open(const std::string &path) { return open(path, path); }
    static FileHandle open(const std::string &path, const std::string &shown);
    // Takes a descriptor; throws Error as above.
    static FileHandle of(Fd fd, const std::string &shown);

    // By this path the kernel and this process find the file, as long as this object is alive.
    [[nodiscard]] std::string path() const;

    // Device and inode.
    [[nodiscard]] std::pair<dev_t, ino_t> id() const noexcept { return id_; }

private:
    std::shared_ptr<const Fd> fd_;
    std::pair<dev_t, ino_t> id_{};
};

} // namespace snoop

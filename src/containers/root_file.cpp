// SPDX-License-Identifier: BSD-2-Clause
#include "containers/root_file.hpp"
#include "base/fd.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop {
namespace {

constexpr std::size_t folders_most = 64;

// Whether only the owner can change what is there.
bool is_owned(const Fd &fd, unsigned owner, mode_t type)
{
    struct stat info {};

    return fd && fstat(fd.get(), &info) == 0 && (info.st_mode & S_IFMT) == type && info.st_uid == owner &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Fd open_folder(const std::string &path) { return Fd{open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)}; }

// One name at a time, as openat2(2) with RESOLVE_NO_SYMLINKS does at once since Linux 5.6.
Fd open_below(Fd folder, const std::vector<std::string> &names, unsigned owner)
{
    for (const std::string &name : names) {
        if (!is_owned(folder, owner, S_IFDIR) || name.find('/') != name.npos || name == "..")
            return {};
        const bool is_last = &name == &names.back();
        // O_NONBLOCK: a FIFO, which is_owned() then rejects, would wait for a writer.
        folder = Fd{openat(folder.get(), name.c_str(),
                           O_NOFOLLOW | O_CLOEXEC | (is_last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH))};
    }
    return folder;
}

std::optional<std::string> read_all(const Fd &file)
{
    std::string text(root_file_most + 1, '\0');
    std::size_t size = 0;

    while (size < text.size()) {
        const ssize_t n = read(file.get(), text.data() + size, text.size() - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return std::nullopt;
        if (n == 0)
            break;
        size += static_cast<std::size_t>(n);
    }
    if (size > root_file_most)
        return std::nullopt;
    text.resize(size);
    return text;
}

} // namespace

std::optional<std::string> read_root_file(const std::string &base, const std::vector<std::string> &names,
                                          unsigned owner)
{
    const Fd file = open_below(open_folder(base), names, owner);
    struct stat info {};

    if (!is_owned(file, owner, S_IFREG) || fstat(file.get(), &info) != 0 ||
        info.st_size > static_cast<off_t>(root_file_most))
        return std::nullopt;
    return read_all(file);
}

std::vector<std::string> root_folders(const std::string &base, unsigned owner)
{
    std::vector<std::string> all;

    if (!is_owned(open_folder(base), owner, S_IFDIR))
        return all;
    const std::unique_ptr<DIR, int (*)(DIR *)> folder{opendir(base.c_str()), closedir};
    while (const dirent *entry = folder && all.size() < folders_most ? readdir(folder.get()) : nullptr)
        if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
            all.emplace_back(static_cast<const char *>(entry->d_name));
    return all;
}

} // namespace snoop

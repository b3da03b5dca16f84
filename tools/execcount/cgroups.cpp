// SPDX-License-Identifier: BSD-2-Clause
#include "execcount/cgroups.hpp"
#include "kernel/system.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

namespace snoop::execcount {
namespace fs = std::filesystem;

const std::string &Cgroups::path_of(std::uint64_t id)
{
    if (!paths_.contains(id))
        look_through();
    return paths_.try_emplace(id, fmt::format("cgroup:{}", id)).first->second;
}

void Cgroups::look_through()
{
    const auto mount = kernel::cgroup2_mount();
    const auto add = [&](const fs::path &path) {
        struct stat info {};
        if (stat(path.c_str(), &info) == 0)
            paths_.try_emplace(info.st_ino, path == *mount ? "/" : path.string().substr(mount->size()));
    };

    if (!mount)
        return;
    add(*mount);
    // A cgroup may be removed during the search; this is not an error.
    std::error_code error;
    fs::recursive_directory_iterator at{*mount, fs::directory_options::skip_permission_denied, error};
    for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error))
        if (at->is_directory(error))
            add(at->path());
}

} // namespace snoop::execcount

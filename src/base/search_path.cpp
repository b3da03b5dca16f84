// SPDX-License-Identifier: BSD-2-Clause
#include "base/search_path.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop {

std::string find_in_path(std::string_view path, std::string_view name)
{
    int err = ENOENT;

    while (true) {
        const std::string_view dir = path.substr(0, path.find(':'));
        std::string file = dir.empty() ? std::string{name} : fmt::format("{}/{}", dir, name);
        struct stat about {};
        if (stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode)) {
            if (access(file.c_str(), X_OK) == 0)
                return file;
            err = EACCES;
        }
        if (dir.size() == path.size()) {
            errno = err;
            return "";
        }
        path.remove_prefix(dir.size() + 1);
    }
}

} // namespace snoop

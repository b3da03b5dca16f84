// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/search.hpp"
#include "snoop-why/case.hpp"

#include <fmt/format.h>

#include <set>

namespace snoop::snoop_why {

std::string Search::common_end() const
{
    std::string_view common = paths_.front();

    for (const std::string_view path : paths_)
        while (path != common && !(path.ends_with(common) && path[path.size() - common.size() - 1] == '/')) {
            const auto slash = common.find('/');
            if (slash == common.npos)
                return std::string{common}; // names that differ, which nobody adds
            common.remove_prefix(slash + 1);
        }
    return std::string{common};
}

std::string Search::phrase(bool by_base_name) const
{
    if (paths_.size() == 1)
        return paths_.front();
    std::set<std::string_view> directories;
    for (const std::string &path : paths_)
        directories.insert(directory_of(path));
    return fmt::format("\"{}\" in {}, from {} to {}",
                       by_base_name ? std::string{base_name(paths_.front())} : common_end(),
                       counted(directories.size(), "directory", "directories"), paths_.front(), paths_.back());
}

} // namespace snoop::snoop_why

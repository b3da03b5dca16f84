// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/input.hpp"
#include "base/error.hpp"
#include "forest/row_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace snoop::snoop_diff {

bool read_job(const std::string &path, Forest &to, const std::function<void(std::string_view text)> &say)
{
    std::size_t used = 0;
    const RowsRead read = read_rows(
        path, [&](const Row &row) { used += to.add(row) ? 1 : 0; }, say);

    to.complete();
    if (used == 0)
        throw Error{exit_usage, "'{}' has no row of execsnoop or opensnoop", path};
    if (read.lost > 0)
        say(fmt::format("'{}' lacks {} events that were lost: what is missing there may have been", path, read.lost));
    return read.is_complete();
}

std::string_view folder_of(const Forest &forest)
{
    const auto &programs = forest.programs();
    const auto known =
        std::find_if(programs.begin(), programs.end(), [](const Program &program) { return !program.cwd.empty(); });

    return known == programs.end() ? std::string_view{} : known->cwd;
}

} // namespace snoop::snoop_diff

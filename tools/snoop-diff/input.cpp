// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/input.hpp"
#include "base/error.hpp"
#include "forest/row_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace snoop::snoop_diff {
namespace {

namespace fs = std::filesystem;

// Hidden files and directories are not read.
std::vector<std::string> files_in(const std::string &folder)
{
    std::error_code error;
    std::vector<std::string> files;
    fs::directory_iterator it{folder, error};

    for (; !error && it != fs::directory_iterator{}; it.increment(error))
        if (std::error_code ignored; it->is_regular_file(ignored) && !it->path().filename().native().starts_with('.'))
            files.push_back(it->path().native());
    if (error)
        throw Error{exit_usage, "cannot read the directory '{}': {}", folder, describe_errno(error.value())};
    if (files.empty())
        throw Error{exit_usage, "the directory '{}' has no file: record into it with --record", folder};
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

bool read_job(const std::string &path, Forest &to, const std::function<void(std::string_view text)> &say)
{
    std::error_code ignored;
    const std::vector<std::string> files =
        fs::is_directory(path, ignored) ? files_in(path) : std::vector<std::string>{path};
    RowsRead read;
    std::size_t used = 0;

    for (const std::string &file : files)
        read += read_rows(
            file, [&](const Row &row) { used += to.add(row) ? 1 : 0; }, say);
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

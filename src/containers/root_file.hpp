// SPDX-License-Identifier: BSD-2-Clause
// Reads small files that only root can have made: no link is followed below a directory that the caller trusts.
//     const std::optional<std::string> text = read_root_file("/var/lib/docker/containers", {id, "config.v2.json"});
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

constexpr std::size_t root_file_most = 1 << 20; // bytes

// Reads a file by its names below `base`, which may be a link itself. Returns nothing unless the directories and the
// file belong to root (to `owner` in tests), others cannot write to them, and it is a regular file of at most
// root_file_most bytes.
std::optional<std::string> read_root_file(const std::string &base, const std::vector<std::string> &names,
                                          unsigned owner = 0);

// The names of the directories in such a directory, at most 64.
std::vector<std::string> root_folders(const std::string &base, unsigned owner = 0);

} // namespace snoop

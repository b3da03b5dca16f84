// SPDX-License-Identifier: BSD-2-Clause
// Reads rows from a file: what a tool printed with -o json, or a recording, which the tool that made it prints again;
// or from all files of a directory.
//     const RowsRead read = read_rows("make.rec", [&](const Row &row) { … }, say);
//     if (!read.is_complete()) …
#pragma once

#include "forest/row.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace snoop {

struct RowsRead {
    std::uint64_t rows = 0;
    std::uint64_t invalid = 0; // lines that are not rows
    std::uint64_t lost = 0;    // events that the tool lost, if the file tells
    bool has_failed = false;   // it could not be read to its end

    [[nodiscard]] bool is_complete() const noexcept { return invalid == 0 && !has_failed; }
    RowsRead &operator+=(const RowsRead &other);
};

// "-" is standard input; of a directory, hidden files and directories are not read. The row lasts until take() returns.
// say() gets a line for the first invalid one of a file, and for a file that ends too early. Throws Error: exit 2 if a
// file cannot be opened, or is a recording of a tool that is not installed; exit 1 if it cannot be read.
RowsRead read_rows(const std::string &path, const std::function<void(const Row &row)> &take,
                   const std::function<void(std::string_view text)> &say);

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// Shows what two jobs differ in.
//     put_text(output, {a, b, "good", "bad", differences}, {20, Color::automatic});
#pragma once

#include "cli/options.hpp"
#include "snoop-diff/difference.hpp"
#include "snoop-diff/job.hpp"
#include "table/output.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_diff {

struct Report {
    const Job &a, &b;
    std::string_view name_a, name_b; // of the files
    const std::vector<Difference> &differences;
    bool is_same = false; // none that counts
};

struct TextStyle {
    std::size_t most = 20; // differences
    Color color = Color::automatic;
};

void put_text(Output &out, const Report &report, const TextStyle &style);
void put_json(Output &out, const Report &report);
void put_html(Output &out, const Report &report);

// A difference as people read it: one line each, without control characters.
struct Shown {
    std::string place; // "make > sh > cc -c x.c"
    std::string what, in_a, in_b;
};

Shown shown(const Report &report, const Difference &difference);

// The names of the programs above one, the farthest first; of many only the nearest.
std::vector<std::string_view> ancestors_of(const Job &job, std::size_t program);

std::string_view name_of(Kind kind); // "looked_for"

std::string size_of(const Forest &forest); // "1 program, 12 opens"

// How many there are of each kind.
std::array<std::size_t, kinds> count_kinds(const std::vector<Difference> &differences);

} // namespace snoop::snoop_diff

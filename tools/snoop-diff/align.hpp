// SPDX-License-Identifier: BSD-2-Clause
// Finds which elements of two sequences belong together.
//     const Pairs pairs = align(a, b);
//     pairs.of_a[0] == 2   // the first of a is the third of b
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace snoop::snoop_diff {

// An element, as it is compared.
struct Element {
    std::uint64_t fingerprint = 0;        // equal: nothing differs
    std::uint64_t command = 0;            // equal: the same program with the same arguments
    std::uint32_t name = 0;               // of the program
    std::vector<std::uint32_t> arguments; // in any order
};

struct Pairs {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> of_a, of_b; // the other's index, or none
};

// Equal elements in the same order first, then in any order, since parallel jobs start their children as they can; then
// those that are similar. The time is nearly linear.
Pairs align(const std::vector<Element> &a, const std::vector<Element> &b);

} // namespace snoop::snoop_diff

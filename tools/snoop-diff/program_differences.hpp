// SPDX-License-Identifier: BSD-2-Clause
// Compares a program of one job with the one that belongs to it in the other: what it is, what it opened, how it ended.
//     ProgramComparison comparison{a, b, options};
//     comparison.compare(0, 0);
//     for (const Difference &each : comparison.differences()) …
#pragma once

#include "snoop-diff/compare.hpp"
#include "snoop-diff/difference.hpp"
#include "snoop-diff/job.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace snoop::snoop_diff {

// A command that one job failed to execute, while the other did not.
struct MissedExec {
    std::uint64_t command = 0;
    std::size_t exec = 0;                     // index into Forest::failed_execs()
    std::size_t a = 0, b = 0;                 // the programs that belong together
    std::optional<std::size_t> executed = {}; // the program that it was in the other job
};

struct MissedExecs {
    std::vector<MissedExec> in_a, in_b;
};

class ProgramComparison {
public:
    ProgramComparison(Job &a, Job &b, const CompareOptions &options) : a_(a), b_(b), options_(options) {}

    void compare(std::size_t a, std::size_t b);

    [[nodiscard]] std::vector<Difference> &differences() noexcept { return differences_; }
    [[nodiscard]] MissedExecs &missed() noexcept { return missed_; }

private:
    void compare_program();
    void compare_arguments();
    void compare_status();
    void compare_lookups();
    void compare_lookup(const Lookup &a, const Lookup &b);
    void compare_failed_execs();
    void add_paths(Kind kind, bool is_in_a, std::vector<std::size_t> opens);
    void mark_consequences();
    Difference &add(Kind kind, std::string of_a, std::string of_b, std::uint64_t at_ns);
    // Times from the beginning of B.
    [[nodiscard]] std::uint64_t since_first(std::uint64_t ts_ns) const;
    [[nodiscard]] std::uint64_t start() const;
    [[nodiscard]] std::uint64_t end() const;
    [[nodiscard]] std::uint64_t at(const Event &in_b) const;
    [[nodiscard]] std::uint64_t at_in_a(std::size_t open) const; // where it would be in B

    Job &a_, &b_;
    const CompareOptions &options_;
    std::size_t in_a_ = 0, in_b_ = 0;
    std::vector<std::pair<std::size_t, std::size_t>> opens_; // that belong together
    std::vector<Difference> differences_;
    MissedExecs missed_;
};

} // namespace snoop::snoop_diff

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/slower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace snoop::snoop_diff {
namespace {

// From the first program's start to the last one's end.
std::optional<std::uint64_t> duration_of(const Job &job, const Process &process)
{
    const Program &last = job.program(process.programs.back());

    if (!last.duration_ns)
        return std::nullopt;
    return last.start_ns + *last.duration_ns - job.program(process.programs.front()).start_ns;
}

std::string seconds(std::uint64_t ns) { return fmt::format("{:.3f} s", static_cast<double>(ns) / 1e9); }

// How much longer it took, if that is much.
std::uint64_t excess(std::uint64_t longer, std::uint64_t shorter, const CompareOptions &options)
{
    const bool is_much = longer > shorter && longer - shorter >= options.slower_ns &&
                         static_cast<double>(longer) >= options.slower_factor * static_cast<double>(shorter);

    return is_much ? longer - shorter : 0;
}

} // namespace

void add_slower(const Job &a, const Job &b, const std::vector<ProcessPair> &pairs, const CompareOptions &options,
                std::vector<Difference> &to)
{
    struct Explained {
        std::uint64_t in_a = 0, in_b = 0; // by those below
    };
    std::vector<Explained> explained(pairs.size());

    for (std::size_t i = pairs.size(); i-- > 0;) {
        const ProcessPair &pair = pairs[i];
        const Process &of_a = a.process(pair.a), &of_b = b.process(pair.b);
        const auto in_a = duration_of(a, of_a), in_b = duration_of(b, of_b);
        Explained below = explained[i];
        if (in_a && in_b) {
            const std::uint64_t more_in_a = excess(*in_a, *in_b, options), more_in_b = excess(*in_b, *in_a, options);
            if (more_in_a > 2 * below.in_a || more_in_b > 2 * below.in_b) {
                Difference slower{
                    Kind::slower, {of_a.programs.front(), seconds(*in_a)}, {of_b.programs.front(), seconds(*in_b)}};
                const std::uint64_t start_ns = b.program(of_b.programs.front()).start_ns;
                slower.at_ns = start_ns - std::min(start_ns, b.forest().first_ns()) + *in_b;
                to.push_back(std::move(slower));
                below.in_a = std::max(below.in_a, more_in_a);
                below.in_b = std::max(below.in_b, more_in_b);
            }
        }
        if (pair.above) {
            explained[*pair.above].in_a += below.in_a;
            explained[*pair.above].in_b += below.in_b;
        }
    }
}

} // namespace snoop::snoop_diff

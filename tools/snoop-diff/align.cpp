// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/align.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

namespace snoop::snoop_diff {
namespace {

// Beyond it, the longest common subsequence would take too long.
constexpr std::size_t most_cells = 4U << 20;
// Each is compared with so many others, at most.
constexpr std::size_t most_candidates = 64;

using Key = std::uint64_t Element::*;

class Aligner {
public:
    Aligner(const std::vector<Element> &a, const std::vector<Element> &b)
        : a_(a), b_(b), pairs_{std::vector(a.size(), Pairs::none), std::vector(b.size(), Pairs::none)}
    {}

    Pairs run()
    {
        for (const Key key : {&Element::fingerprint, &Element::command}) {
            pair_in_order(key);
            pair_in_any_order(key);
        }
        if (a_.size() == 1 && b_.size() == 1)
            pair(0, 0);
        pair_similar();
        pair_last_of_a_name();
        pair_other_programs();
        return std::move(pairs_);
    }

private:
    void pair(std::size_t a, std::size_t b)
    {
        pairs_.of_a[a] = b;
        pairs_.of_b[b] = a;
    }

    static std::vector<std::size_t> left(const std::vector<std::size_t> &pairs)
    {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < pairs.size(); i++)
            if (pairs[i] == Pairs::none)
                all.push_back(i);
        return all;
    }

    // The longest common subsequence of those that are left.
    void pair_in_order(Key key)
    {
        std::vector<std::size_t> a = left(pairs_.of_a), b = left(pairs_.of_b);
        const auto same = [&](std::size_t i, std::size_t j) { return a_[a[i]].*key == b_[b[j]].*key; };
        std::size_t first = 0;

        while (first < a.size() && first < b.size() && same(first, first)) {
            pair(a[first], b[first]);
            first++;
        }
        while (a.size() > first && b.size() > first && same(a.size() - 1, b.size() - 1)) {
            pair(a.back(), b.back());
            a.pop_back();
            b.pop_back();
        }
        const std::size_t rows = a.size() - first, columns = b.size() - first;
        if (rows == 0 || columns == 0 || rows > most_cells / columns)
            return;
        // length[i][j]: of what follows i in a and j in b
        std::vector<std::uint32_t> length((rows + 1) * (columns + 1));
        const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t & { return length[i * (columns + 1) + j]; };
        for (std::size_t i = rows; i-- > 0;)
            for (std::size_t j = columns; j-- > 0;)
                at(i, j) = same(first + i, first + j) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
        for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
            if (same(first + i, first + j))
                pair(a[first + i++], b[first + j++]);
            else if (at(i + 1, j) >= at(i, j + 1))
                i++;
            else
                j++;
        }
    }

    void pair_in_any_order(Key key)
    {
        std::unordered_map<std::uint64_t, std::deque<std::size_t>> by_key;

        for (const std::size_t j : left(pairs_.of_b))
            by_key[b_[j].*key].push_back(j);
        for (const std::size_t i : left(pairs_.of_a)) {
            const auto found = by_key.find(a_[i].*key);
            if (found == by_key.end() || found->second.empty())
                continue;
            pair(i, found->second.front());
            found->second.pop_front();
        }
    }

    // The part of the arguments that both have.
    static double similarity(const std::vector<std::uint32_t> &a, const std::vector<std::uint32_t> &b)
    {
        std::vector<std::uint32_t> common;

        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
        return a.empty() && b.empty()
                   ? 1
                   : 2 * static_cast<double>(common.size()) / static_cast<double>(a.size() + b.size());
    }

    static std::map<std::uint32_t, std::deque<std::size_t>> by_name(const std::vector<Element> &of,
                                                                    const std::vector<std::size_t> &left)
    {
        std::map<std::uint32_t, std::deque<std::size_t>> all;
        for (const std::size_t i : left)
            all[of[i].name].push_back(i);
        return all;
    }

    // Pairs processes of the same program, each with the one that has most arguments in common.
    void pair_similar()
    {
        const std::vector<std::size_t> left_of_a = left(pairs_.of_a), left_of_b = left(pairs_.of_b);
        if (left_of_a.empty() || left_of_b.empty())
            return;
        auto others = by_name(b_, left_of_b);
        std::unordered_map<std::size_t, std::vector<std::uint32_t>> sorted;

        for (const std::size_t j : left_of_b) {
            auto arguments = b_[j].arguments;
            std::sort(arguments.begin(), arguments.end());
            sorted[j] = std::move(arguments);
        }
        for (const std::size_t i : left_of_a) {
            const auto bucket = others.find(a_[i].name);
            if (bucket == others.end())
                continue;
            auto arguments = a_[i].arguments;
            std::sort(arguments.begin(), arguments.end());
            std::deque<std::size_t> &candidates = bucket->second;
            const auto end =
                candidates.begin() + static_cast<std::ptrdiff_t>(std::min(candidates.size(), most_candidates));
            double most = 0;
            auto best = end;
            for (auto it = candidates.begin(); it != end; it++)
                if (const double now = similarity(arguments, sorted[*it]); now > most) {
                    most = now;
                    best = it;
                }
            if (best == end || most < 0.5)
                continue;
            pair(i, *best);
            candidates.erase(best);
        }
    }

    // If of a program just one is left on each side, its arguments changed.
    void pair_last_of_a_name()
    {
        const auto of_a = by_name(a_, left(pairs_.of_a)), of_b = by_name(b_, left(pairs_.of_b));

        for (const auto &[name, all] : of_a)
            if (const auto other = of_b.find(name); all.size() == 1 && other != of_b.end() && other->second.size() == 1)
                pair(all.front(), other->second.front());
    }

    // Another program with the same arguments.
    void pair_other_programs()
    {
        std::map<std::vector<std::uint32_t>, std::deque<std::size_t>> by_arguments;

        for (const std::size_t j : left(pairs_.of_b))
            if (!b_[j].arguments.empty())
                by_arguments[b_[j].arguments].push_back(j);
        for (const std::size_t i : left(pairs_.of_a)) {
            const auto found = by_arguments.find(a_[i].arguments);
            if (found == by_arguments.end() || found->second.empty())
                continue;
            pair(i, found->second.front());
            found->second.pop_front();
        }
    }

    const std::vector<Element> &a_, &b_;
    Pairs pairs_;
};

} // namespace

Pairs align(const std::vector<Element> &a, const std::vector<Element> &b) { return Aligner{a, b}.run(); }

} // namespace snoop::snoop_diff

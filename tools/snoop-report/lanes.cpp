// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/lanes.hpp"
#include "snoop-report/program_text.hpp"

#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <utility>

namespace snoop::snoop_report {
namespace {

class Lanes {
public:
    explicit Lanes(const Forest &forest) : forest_(forest), before_(forest.programs().size())
    {
        for (std::size_t i = 0; i < forest.programs().size(); i++)
            if (forest.programs()[i].next)
                before_[*forest.programs()[i].next] = i;
    }

    // In the order of their starts.
    std::size_t add(std::size_t program)
    {
        const Program &it = forest_.programs()[program];
        const Span span{program, end(it)};

        end_until(trace_us(forest_, it.start_ns));
        std::size_t lane = free_.empty() ? open_.size() : *free_.begin();
        if (before_[program] && has_room(lanes_[*before_[program]], it, span.end_us))
            lane = lanes_[*before_[program]];
        else if (it.parent && has_room(lanes_[*it.parent], it, span.end_us))
            lane = lanes_[*it.parent];
        if (lane == open_.size())
            open_.emplace_back();
        free_.erase(lane);
        open_[lane].push_back(span);
        ends_.emplace(span.end_us, lane);
        lanes_.push_back(lane);
        return lane;
    }

private:
    struct Span {
        std::size_t program = 0;
        std::uint64_t end_us = 0;
    };

    [[nodiscard]] std::uint64_t end(const Program &program) const
    {
        return trace_us(forest_, end_of(forest_, program));
    }

    // Closes what has ended. What lies within something ends first.
    void end_until(std::uint64_t now_us)
    {
        for (; !ends_.empty() && ends_.top().first <= now_us; ends_.pop()) {
            auto &open = open_[ends_.top().second];
            while (!open.empty() && open.back().end_us <= now_us)
                open.pop_back();
            if (open.empty())
                free_.insert(ends_.top().second);
        }
    }

    [[nodiscard]] bool has_room(std::size_t lane, const Program &program, std::uint64_t end_us) const
    {
        const std::vector<Span> &open = open_[lane];

        return open.empty() || (program.parent == open.back().program && end_us <= open.back().end_us);
    }

    const Forest &forest_;
    std::vector<std::optional<std::size_t>> before_; // what the process ran before
    std::vector<std::size_t> lanes_;                 // by program
    std::vector<std::vector<Span>> open_;            // by lane: what runs, each within the one before
    std::set<std::size_t> free_;                     // lanes in which nothing does
    using End = std::pair<std::uint64_t, std::size_t>;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_; // with the lane
};

} // namespace

std::vector<std::size_t> lanes_of(const Forest &forest)
{
    Lanes lanes{forest};
    std::vector<std::size_t> all;

    for (std::size_t i = 0; i < forest.programs().size(); i++)
        all.push_back(lanes.add(i));
    return all;
}

std::uint64_t trace_us(const Forest &forest, std::uint64_t ns)
{
    return ns < forest.first_ns() ? 0 : (ns - forest.first_ns()) / 1000;
}

} // namespace snoop::snoop_report

// SPDX-License-Identifier: BSD-2-Clause
// The sums of subtrees, and the order in which the tree is shown.
#include "forest/process_tree.hpp"

#include <algorithm>

namespace snoop {

Sum &Sum::operator+=(const Sum &other)
{
    cpu_ns += other.cpu_ns;
    maxrss_kb = std::max(maxrss_kb, other.maxrss_kb);
    processes += other.processes;
    execs += other.execs;
    failed_execs += other.failed_execs;
    return *this;
}

Sum ProcessTree::total() const
{
    Sum all = gone_;

    walk([&](const Process &process, const Branches &, const Sum &, bool) {
        all += process.own;
        all += process.merged;
    });
    return all;
}

void ProcessTree::walk(const Visit &visit) const
{
    struct Step {
        std::uint32_t node;
        std::uint32_t depth;
    };
    std::vector<Step> order;
    order.reserve(size_);

    // The next node after `at` in the order, from the top down. A node that is not known adds no level.
    std::uint32_t at = first_root_, depth = 0;
    while (at != none) {
        const Node &node = nodes_[at];
        if (node.is_known)
            order.push_back({at, depth});
        if (node.first != none) {
            depth += node.is_known ? 1 : 0;
            at = node.first;
            continue;
        }
        while (at != none && nodes_[at].next == none) {
            at = nodes_[at].parent;
            if (at != none && nodes_[at].is_known)
                depth--;
        }
        if (at != none)
            at = nodes_[at].next;
    }

    std::vector<Sum> sums(nodes_.size());
    for (auto step = order.rbegin(); step != order.rend(); ++step) {
        const Node &node = nodes_[step->node];
        sums[step->node] += node.process.own;
        sums[step->node] += node.process.merged;
        if (node.parent != none)
            sums[node.parent] += sums[step->node];
    }

    Branches branches;
    for (const Step &step : order) {
        const Node &node = nodes_[step.node];
        branches.resize(step.depth);
        if (step.depth > 0)
            branches.back() = node.next != none;
        visit(node.process, branches, sums[step.node], node.first != none);
    }
}

} // namespace snoop

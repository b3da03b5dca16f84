// SPDX-License-Identifier: BSD-2-Clause
#include "forest/process_tree.hpp"

#include <algorithm>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t most_names = 8;    // of a process that calls exec again and again
constexpr std::size_t most_steps = 4096; // up to the root; only a damaged recording has more

} // namespace

ProcessTree::Position ProcessTree::add(const Exec &exec)
{
    if (const std::uint32_t same = find_again(exec); same != none) {
        take_next_program(nodes_[same], exec);
        if (exec.exec_id)
            by_id_.insert_or_assign(exec.exec_id, same);
        return {nodes_[same].depth, true};
    }
    if (size_ >= most_ && !make_room()) {
        without_room_++;
        return {depth_below(find(exec.parent_exec_id)), false};
    }
    std::uint32_t at = find(exec.exec_id);
    if (at == none || nodes_[at].is_known)
        at = new_node(exec.exec_id);
    else
        unlink(at);
    link(at, parent_of(exec, at));

    Node &node = nodes_[at];
    node.is_known = true;
    node.parent_id = exec.parent_exec_id;
    node.depth = static_cast<std::uint32_t>(depth_below(node.parent));
    node.process.pid = exec.pid;
    node.process.started_ns = exec.ts_ns;
    node.process.state = exec.end_follows ? State::running : State::unknown;
    node.process.program = exec.program;
    node.process.own.processes = node.process.own.execs = 1;
    keep(node.process.command, exec.command);
    size_++;
    by_pid_.insert_or_assign(exec.pid, at);
    may_merge(at);
    return {node.depth, false};
}

ProcessTree::Position ProcessTree::add_failed(std::uint64_t exec_id)
{
    const std::uint32_t at = find(exec_id);

    if (at != none && nodes_[at].is_known)
        nodes_[at].process.own.failed_execs++;
    else
        gone_.failed_execs++;
    return {depth_below(at), false};
}

void ProcessTree::end(std::uint32_t pid, std::uint64_t ts_ns, const Ending &ending)
{
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end() || nodes_[found->second].process.started_ns > ts_ns)
        return;
    const std::uint32_t at = found->second;
    Process &process = nodes_[at].process;

    by_pid_.erase(found);
    process.state = State::ended;
    process.status = ending.status;
    process.ran_ns = ts_ns - process.started_ns;
    process.has_cost = ending.cost.has_value();
    if (ending.cost)
        process.own += *ending.cost;
    may_merge(at);
}

void ProcessTree::end_fork(std::uint64_t exec_id, const Sum &cost)
{
    const std::uint32_t at = find(exec_id);

    if (at != none && nodes_[at].is_known)
        nodes_[at].process.own += cost;
}

std::uint32_t ProcessTree::find(std::uint64_t exec_id) const
{
    const auto found = exec_id ? by_id_.find(exec_id) : by_id_.end();

    return found == by_id_.end() ? none : found->second;
}

// The process that this exec continues. If another process has its pid now, the end of the first was not seen.
std::uint32_t ProcessTree::find_again(const Exec &exec)
{
    const auto found = by_pid_.find(exec.pid);
    if (found == by_pid_.end())
        return none;
    const std::uint32_t at = found->second;
    Node &node = nodes_[at];

    if (node.process.exec_id == exec.exec_id || node.parent_id == exec.parent_exec_id ||
        (node.parent != none && node.parent == find(exec.parent_exec_id)))
        return at;
    node.process.state = State::unknown;
    by_pid_.erase(found);
    may_merge(at);
    return none;
}

void ProcessTree::take_next_program(Node &node, const Exec &exec)
{
    Process &process = node.process;

    if (process.before.size() == most_names)
        process.before.erase(process.before.begin() + 1);
    process.before.push_back(std::move(process.program));
    process.program = exec.program;
    process.own.execs++;
    keep(process.command, exec.command);
    if (process.exec_id == exec.exec_id)
        return;
    if (node.old_ids.size() == most_names) {
        by_id_.erase(node.old_ids.front());
        node.old_ids.erase(node.old_ids.begin());
    }
    node.old_ids.push_back(std::exchange(process.exec_id, exec.exec_id));
}

std::uint32_t ProcessTree::new_node(std::uint64_t exec_id)
{
    std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());

    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    nodes_[at].process.exec_id = exec_id;
    if (exec_id)
        by_id_.insert_or_assign(exec_id, at);
    return at;
}

// The parent may be reported later, or not at all: a node without a process holds its place.
std::uint32_t ProcessTree::parent_of(const Exec &exec, std::uint32_t child)
{
    if (!exec.parent_exec_id || exec.parent_exec_id == exec.exec_id)
        return none;
    const std::uint32_t found = find(exec.parent_exec_id);
    if (found != none)
        return is_above(child, found) ? none : found;
    const std::uint32_t parent = new_node(exec.parent_exec_id);
    link(parent, none);
    return parent;
}

bool ProcessTree::is_above(std::uint32_t node, std::uint32_t of) const
{
    if (nodes_[node].first == none)
        return false;
    for (std::size_t i = 0; i < most_steps; i++) {
        if (of == none)
            return false;
        if (of == node)
            return true;
        of = nodes_[of].parent;
    }
    return true;
}

void ProcessTree::link(std::uint32_t at, std::uint32_t parent)
{
    std::uint32_t &first = parent == none ? first_root_ : nodes_[parent].first;
    std::uint32_t &last = parent == none ? last_root_ : nodes_[parent].last;

    nodes_[at].parent = parent;
    nodes_[at].previous = last;
    nodes_[at].next = none;
    (last == none ? first : nodes_[last].next) = at;
    last = at;
}

void ProcessTree::unlink(std::uint32_t at)
{
    const Node &node = nodes_[at];
    std::uint32_t &first = node.parent == none ? first_root_ : nodes_[node.parent].first;
    std::uint32_t &last = node.parent == none ? last_root_ : nodes_[node.parent].last;

    (node.previous == none ? first : nodes_[node.previous].next) = node.next;
    (node.next == none ? last : nodes_[node.next].previous) = node.previous;
}

std::size_t ProcessTree::depth_below(std::uint32_t at) const
{
    return at == none || !nodes_[at].is_known ? 0 : nodes_[at].depth + 1;
}

} // namespace snoop

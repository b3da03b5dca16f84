// SPDX-License-Identifier: BSD-2-Clause
// The bounds of the tree: processes that have ended become part of the one above, and long commands are cut.
#include "forest/process_tree.hpp"

#include <algorithm>

namespace snoop {
namespace {

constexpr std::size_t all_commands = 64 << 20, short_command = 100;

} // namespace

bool ProcessTree::make_room()
{
    while (!mergeable_.empty()) {
        const std::uint32_t at = mergeable_.front();
        mergeable_.pop_front();
        nodes_[at].is_listed = false;
        if (nodes_[at].first != none)
            continue;
        merge(at);
        return true;
    }
    return false;
}

void ProcessTree::may_merge(std::uint32_t at)
{
    Node &node = nodes_[at];

    if (node.first != none || node.is_listed || node.process.state == State::running)
        return;
    node.is_listed = true;
    mergeable_.push_back(at);
}

void ProcessTree::merge(std::uint32_t at)
{
    const Process &process = nodes_[at].process;
    const std::uint32_t parent = nodes_[at].parent;
    const bool has_parent = parent != none && nodes_[parent].is_known;
    Sum &into = has_parent ? nodes_[parent].process.merged : gone_;

    into += process.own;
    into += process.merged;
    release(at);
    size_--;
    if (has_parent)
        may_merge(parent);
    else if (parent != none && nodes_[parent].first == none)
        release(parent);
}

void ProcessTree::release(std::uint32_t at)
{
    const Process &process = nodes_[at].process;
    const auto forget = [&](std::uint64_t id) {
        if (const auto found = by_id_.find(id); found != by_id_.end() && found->second == at)
            by_id_.erase(found);
    };

    unlink(at);
    forget(process.exec_id);
    std::ranges::for_each(nodes_[at].old_ids, forget);
    if (const auto found = by_pid_.find(process.pid); found != by_pid_.end() && found->second == at)
        by_pid_.erase(found);
    command_bytes_ -= process.command.size();
    nodes_[at] = Node{};
    free_.push_back(at);
}

void ProcessTree::keep(std::string &to, std::string_view command)
{
    command_bytes_ -= to.size();
    if (command_bytes_ + command.size() <= all_commands || command.size() <= short_command) {
        to = command;
    } else {
        to = command.substr(0, short_command);
        while (!to.empty() && (static_cast<unsigned char>(to.back()) & 0x80) != 0)
            to.pop_back(); // a character may have been cut
        to += "...";
    }
    to.shrink_to_fit();
    command_bytes_ += to.size();
}

} // namespace snoop

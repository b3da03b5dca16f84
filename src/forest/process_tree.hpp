// SPDX-License-Identifier: BSD-2-Clause
// The processes of --tree, each below the one that started it, with what they cost. A process that calls
// exec again stays one process.
//     ProcessTree tree{ProcessTree::most_with_costs};
//     const ProcessTree::Position at = tree.add(exec);   // at.depth: how far below the root
//     tree.end(pid, ts_ns, ending);
//     tree.walk([&](const ProcessTree::Process &process, const Branches &branches, const Sum &subtree, bool) { … });
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snoop {

// The cost of several processes: CPU times and counts are added, and the largest resident size is kept.
struct Sum {
    std::uint64_t cpu_ns = 0, maxrss_kb = 0;
    std::uint64_t processes = 0, execs = 0, failed_execs = 0;

    Sum &operator+=(const Sum &other);
};

// The branches that lead to a row of the tree: for each level below the root, whether more rows follow there.
using Branches = std::vector<bool>;

class ProcessTree {
public:
    // The tree holds `most` processes. If there are more, those that ended first and have no children are added to
    // their parents.
    explicit ProcessTree(std::size_t most) : most_(most) {}

    static constexpr std::size_t most_with_costs = 256 << 10, most_without = 64 << 10;

    struct Exec {
        std::uint64_t exec_id = 0, parent_exec_id = 0; // 0: not known
        std::uint32_t pid = 0;
        std::uint64_t ts_ns = 0;
        bool end_follows = false; // end() will be called
        std::string_view program; // its name, to be shown before that of the next program of this process
        std::string_view command; // with its arguments
    };
    struct Position {
        std::size_t depth = 0; // 0: no process above is known
        bool is_next = false;  // the process ran another program before
    };
    struct Ending {
        std::int32_t status = 0; // as of waitpid(2)
        std::optional<Sum> cost; // of this process; nothing if it is not known
    };

    // A process has executed a program.
    Position add(const Exec &exec);
    // A process has failed to execute one. `exec_id` is that of the program that it runs.
    Position add_failed(std::uint64_t exec_id);
    // A process has ended. Ignored if it is not in the tree.
    void end(std::uint32_t pid, std::uint64_t ts_ns, const Ending &ending);
    // A process has ended that was forked by a program and did not execute another: its cost is the program's.
    void end_fork(std::uint64_t exec_id, const Sum &cost);

    enum class State { running, ended, unknown };
    struct Process {
        std::uint64_t exec_id = 0, started_ns = 0, ran_ns = 0;
        std::uint32_t pid = 0;
        State state = State::running;
        std::int32_t status = 0;
        bool has_cost = false;
        std::vector<std::string> before; // names of the programs that it ran before
        std::string program, command;
        Sum own;    // its cost, and that of the processes of end_fork()
        Sum merged; // processes that were below it
    };

    // Calls `visit` for each process, from the root down; those below the same one in the order in which they came.
    using Visit = std::function<void(const Process &, const Branches &, const Sum &subtree, bool has_children)>;
    void walk(const Visit &visit) const;

    // Everything that the tree has held.
    [[nodiscard]] Sum total() const;
    // Processes that were at the root, had nothing above them to become part of, and are gone.
    [[nodiscard]] const Sum &gone() const noexcept { return gone_; }
    // Execs that found the tree full of running processes.
    [[nodiscard]] std::uint64_t without_room() const noexcept { return without_room_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr std::uint32_t none = ~0U;

    // A node without a process stands for one that is not known, whose children are.
    struct Node {
        Process process;
        std::uint64_t parent_id = 0;
        std::vector<std::uint64_t> old_ids;
        std::uint32_t parent = none, first = none, last = none, next = none, previous = none;
        std::uint32_t depth = 0;
        bool is_known = false, is_listed = false;
    };

    std::uint32_t find(std::uint64_t exec_id) const;
    std::uint32_t find_again(const Exec &exec);
    std::uint32_t new_node(std::uint64_t exec_id);
    std::uint32_t parent_of(const Exec &exec, std::uint32_t child);
    void link(std::uint32_t node, std::uint32_t parent);
    void unlink(std::uint32_t node);
    void take_next_program(Node &node, const Exec &exec);
    bool is_above(std::uint32_t node, std::uint32_t of) const;
    bool make_room();
    void may_merge(std::uint32_t node);
    void merge(std::uint32_t node);
    void release(std::uint32_t node);
    void keep(std::string &to, std::string_view command);
    [[nodiscard]] std::size_t depth_below(std::uint32_t node) const;

    std::size_t most_, size_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    std::uint32_t first_root_ = none, last_root_ = none;
    std::unordered_map<std::uint64_t, std::uint32_t> by_id_;
    std::unordered_map<std::uint32_t, std::uint32_t> by_pid_; // those that have not ended
    std::deque<std::uint32_t> mergeable_;                     // may have got a child since, see Node::is_listed
    std::size_t command_bytes_ = 0;
    Sum gone_;
    std::uint64_t without_room_ = 0;
};

} // namespace snoop

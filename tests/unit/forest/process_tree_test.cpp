// SPDX-License-Identifier: BSD-2-Clause
// The tree of --tree: who is below whom, the sums, and the bounds.
#include "forest/process_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The processes of a tree as "depth pid command", in their order.
std::vector<std::string> shown(const ProcessTree &tree)
{
    std::vector<std::string> rows;
    tree.walk([&](const auto &process, const Branches &branches, const Sum &, bool) {
        rows.push_back(std::to_string(branches.size()) + " " + std::to_string(process.pid) + " " + process.command);
    });
    return rows;
}

Sum sum_at(const ProcessTree &tree, std::uint32_t pid)
{
    Sum found;
    tree.walk([&](const auto &process, const Branches &, const Sum &subtree, bool) {
        if (process.pid == pid)
            found = subtree;
    });
    return found;
}

class TreeOfProcesses : public testing::Test {
protected:
    // Process `pid` has exec id 100 + pid; 0 as a parent means that none is known.
    ProcessTree::Position start(std::uint32_t pid, std::uint32_t parent, bool end_follows = true)
    {
        return run(pid, 100 + pid, parent ? 100 + parent : 0, end_follows);
    }
    ProcessTree::Position run(std::uint32_t pid, std::uint64_t id, std::uint64_t parent_id, bool end_follows = true)
    {
        const std::string command = "c" + std::to_string(id);
        return tree.add({id, parent_id, pid, ++now, end_follows, command, command});
    }
    void end(std::uint32_t pid, std::uint64_t cpu_ns = 0, std::uint64_t rss = 0)
    {
        tree.end(pid, ++now, {0, Sum{.cpu_ns = cpu_ns, .maxrss_kb = rss}});
    }

    ProcessTree tree{8};
    std::uint64_t now = 0;
};

TEST_F(TreeOfProcesses, IndentsChildrenBelowTheirParents)
{
    EXPECT_EQ(start(1, 0).depth, 0u);
    EXPECT_EQ(start(2, 1).depth, 1u);
    EXPECT_EQ(start(3, 2).depth, 2u);
    EXPECT_EQ(start(4, 1).depth, 1u);
    EXPECT_THAT(shown(tree), ElementsAre("0 1 c101", "1 2 c102", "2 3 c103", "1 4 c104"));
}

TEST_F(TreeOfProcesses, KeepsOrphansBelowAParentThatHasEnded)
{
    start(1, 0);
    start(2, 1);
    end(2);
    end(1);
    EXPECT_EQ(start(3, 2).depth, 2u);
    EXPECT_THAT(shown(tree), ElementsAre("0 1 c101", "1 2 c102", "2 3 c103"));
}

TEST_F(TreeOfProcesses, PutsChildrenOfUnknownParentsAtTheRoot)
{
    EXPECT_EQ(start(2, 1).depth, 0u);
    EXPECT_EQ(start(3, 1).depth, 0u);
    EXPECT_EQ(start(4, 2).depth, 1u);
    EXPECT_THAT(shown(tree), ElementsAre("0 2 c102", "1 4 c104", "0 3 c103"));
}

TEST_F(TreeOfProcesses, MovesChildrenBelowAParentThatComesLate)
{
    start(5, 0);
    start(2, 1);
    start(3, 1);
    EXPECT_EQ(start(1, 5).depth, 1u);
    EXPECT_THAT(shown(tree), ElementsAre("0 5 c105", "1 1 c101", "2 2 c102", "2 3 c103"));
    end(2, 7);
    EXPECT_EQ(sum_at(tree, 5).cpu_ns, 7u);
    EXPECT_EQ(sum_at(tree, 5).processes, 4u);
}

TEST_F(TreeOfProcesses, BreaksCirclesOfADamagedRecording)
{
    start(1, 2);
    start(2, 1);
    start(3, 3);
    EXPECT_EQ(shown(tree).size(), 3u);
}

TEST_F(TreeOfProcesses, KeepsOneProcessForTwoExecs)
{
    start(1, 0);
    start(2, 1);
    const auto next = run(2, 777, 101);
    EXPECT_TRUE(next.is_next);
    EXPECT_EQ(next.depth, 1u);
    // Children of the first program, too, are below the process.
    EXPECT_EQ(start(3, 2).depth, 2u);
    EXPECT_EQ(run(4, 104, 777).depth, 2u);
    end(2, 5);
    EXPECT_THAT(shown(tree), ElementsAre("0 1 c101", "1 2 c777", "2 3 c103", "2 4 c104"));
    tree.walk([](const auto &process, const Branches &, const Sum &subtree, bool) {
        if (process.pid != 2)
            return;
        EXPECT_THAT(process.before, ElementsAre("c102"));
        EXPECT_EQ(subtree.processes, 3u);
        EXPECT_EQ(subtree.execs, 4u);
        EXPECT_EQ(subtree.cpu_ns, 5u);
    });
}

TEST_F(TreeOfProcesses, BoundsTheProgramsOfOneProcess)
{
    for (std::uint64_t id = 1; id <= 1000; id++)
        run(7, id, 0);
    tree.walk([](const auto &process, const Branches &, const Sum &subtree, bool) {
        EXPECT_THAT(process.before, ElementsAre("c1", "c993", "c994", "c995", "c996", "c997", "c998", "c999"));
        EXPECT_EQ(subtree.execs, 1000u);
    });
}

TEST_F(TreeOfProcesses, TellsProcessesWithTheSamePidApart)
{
    start(1, 0);
    start(2, 1);
    end(2, 3);
    run(2, 222, 101);
    end(2, 4);
    // The end of this one is not seen.
    run(2, 223, 101);
    run(2, 224, 333);
    EXPECT_THAT(shown(tree), ElementsAre("0 1 c101", "1 2 c102", "1 2 c222", "1 2 c223", "0 2 c224"));
    EXPECT_EQ(sum_at(tree, 1).cpu_ns, 7u);
}

TEST_F(TreeOfProcesses, IgnoresAnEndBeforeTheStart)
{
    now = 10;
    start(1, 0);
    tree.end(1, 5, {9, {}});
    tree.walk([](const auto &process, const Branches &, const Sum &, bool) {
        EXPECT_EQ(process.state, ProcessTree::State::running);
    });
}

TEST_F(TreeOfProcesses, AddsUpTimesAndTakesTheLargestSize)
{
    start(1, 0);
    start(2, 1);
    start(3, 2);
    end(3, 10, 500);
    tree.end_fork(102, {.cpu_ns = 100, .maxrss_kb = 40});
    tree.end_fork(999, {.cpu_ns = 5000}); // of a program that is not here
    end(2, 1, 50);
    end(1, 1000, 60);
    tree.add_failed(102);
    EXPECT_EQ(sum_at(tree, 1).cpu_ns, 1111u);
    EXPECT_EQ(sum_at(tree, 1).maxrss_kb, 500u);
    EXPECT_EQ(sum_at(tree, 2).cpu_ns, 111u);
    EXPECT_EQ(sum_at(tree, 2).failed_execs, 1u);
    EXPECT_EQ(tree.total().cpu_ns, 1111u);
    EXPECT_EQ(tree.total().processes, 3u);
}

TEST_F(TreeOfProcesses, PlacesFailuresBelowTheCaller)
{
    start(1, 0);
    start(2, 1);
    EXPECT_EQ(tree.add_failed(102).depth, 2u);
    EXPECT_EQ(tree.add_failed(999).depth, 0u);
    EXPECT_EQ(tree.total().failed_execs, 2u);
}

TEST_F(TreeOfProcesses, MergesEndedProcessesWhenItIsFull)
{
    start(1, 0);
    for (std::uint32_t pid = 2; pid <= 100; pid++) {
        start(pid, 1);
        end(pid, 1, pid);
    }
    EXPECT_EQ(tree.size(), 8u);
    EXPECT_EQ(sum_at(tree, 1).cpu_ns, 99u);
    EXPECT_EQ(sum_at(tree, 1).processes, 100u);
    EXPECT_EQ(sum_at(tree, 1).maxrss_kb, 100u);
    EXPECT_EQ(shown(tree).back(), "1 100 c200");
    EXPECT_EQ(tree.without_room(), 0u);
    EXPECT_EQ(tree.gone().processes, 0u);
}

TEST_F(TreeOfProcesses, ForgetsRootsThatHaveEnded)
{
    // Every second one has a parent that is not known.
    for (std::uint32_t pid = 1; pid <= 1000; pid++) {
        start(pid, pid % 2 ? 0 : 100'000 + pid);
        end(pid, 1);
    }
    EXPECT_EQ(tree.size(), 8u);
    EXPECT_EQ(tree.gone().processes, 992u);
    EXPECT_EQ(tree.total().cpu_ns, 1000u);
}

TEST_F(TreeOfProcesses, CountsWhatFindsNoRoom)
{
    for (std::uint32_t pid = 1; pid <= 10; pid++)
        start(pid, pid - 1);
    EXPECT_EQ(tree.size(), 8u);
    EXPECT_EQ(tree.without_room(), 2u);
    end(8); // it makes room
    start(20, 1);
    EXPECT_EQ(tree.without_room(), 2u);
    EXPECT_EQ(tree.size(), 8u);
}

// Whose end does not follow cannot keep its place forever.
TEST_F(TreeOfProcesses, MergesProcessesWithoutAnEnd)
{
    for (std::uint32_t pid = 1; pid <= 1000; pid++)
        start(pid, pid - 1, false);
    EXPECT_EQ(tree.size(), 8u);
    EXPECT_EQ(tree.without_room(), 0u);
}

TEST(LargeTrees, AreWalkedInTheOrderOfStarts)
{
    constexpr std::uint32_t count = 100'000;
    ProcessTree tree{ProcessTree::most_with_costs};
    for (std::uint32_t pid = 1; pid <= count; pid++) {
        tree.add({pid, pid / 3, pid, pid, true, "cc", "cc -c file.c"});
        tree.end(pid, pid + 1, {0, Sum{.cpu_ns = 2}});
    }
    std::size_t rows = 0;
    tree.walk([&](const auto &, const Branches &, const Sum &, bool) { rows++; });
    EXPECT_EQ(rows, count);
    EXPECT_EQ(tree.total().cpu_ns, 2u * count);
    EXPECT_EQ(sum_at(tree, 1).processes + sum_at(tree, 2).processes, count);
}

TEST(LargeTrees, MayBeDeep)
{
    constexpr std::uint32_t depth = 100'000;
    ProcessTree tree{ProcessTree::most_with_costs};
    for (std::uint32_t pid = 1; pid <= depth; pid++)
        EXPECT_EQ(tree.add({pid, pid - 1, pid, pid, true, "sh", "sh"}).depth, pid - 1);
    EXPECT_EQ(sum_at(tree, 1).processes, depth);
    EXPECT_EQ(sum_at(tree, depth).processes, 1u);
}

TEST(LargeTrees, BoundTheBytesOfCommands)
{
    ProcessTree tree{ProcessTree::most_with_costs};
    const std::string command(1 << 20, 'x');
    for (std::uint32_t pid = 1; pid <= 100; pid++)
        tree.add({pid, 0, pid, pid, true, "cc", command});
    std::vector<std::size_t> sizes;
    std::size_t whole = 0;
    tree.walk([&](const auto &process, const Branches &, const Sum &, bool) {
        whole += process.command.size() == command.size() ? 1 : 0;
        sizes.push_back(process.command.size());
    });
    EXPECT_EQ(whole, 64u);
    EXPECT_EQ(sizes.back(), 103u); // with "..."
}

} // namespace
} // namespace snoop

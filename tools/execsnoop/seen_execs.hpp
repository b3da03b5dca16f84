// SPDX-License-Identifier: BSD-2-Clause
// Remembers which execs were seen lately: those of the last 8,192 at least, and of what has children since.
//     SeenExecs seen;
//     seen.add(event.task.exec_id);
//     seen.has(event.task.parent_exec_id);
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

namespace snoop::execsnoop {

class SeenExecs {
public:
    explicit SeenExecs(std::size_t least = 8192) : least_(least) {}

    void add(std::uint64_t id)
    {
        if (young_.size() >= least_)
            old_ = std::exchange(young_, {});
        young_.insert(id);
    }

    // It is remembered longer then.
    [[nodiscard]] bool has(std::uint64_t id)
    {
        if (young_.contains(id))
            return true;
        if (!old_.contains(id))
            return false;
        add(id);
        return true;
    }

private:
    std::size_t least_;
    std::unordered_set<std::uint64_t> young_, old_;
};

} // namespace snoop::execsnoop

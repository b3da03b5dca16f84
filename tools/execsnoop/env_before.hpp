// SPDX-License-Identifier: BSD-2-Clause
// The environments of processes that are about to exec, until the record of the exec comes.
//     env_before.add(rec, bytes_behind_its_header);
//     env_before.take(event.who.before_ns, event.old_tid);
#pragma once

#include <snoop/record.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace snoop::execsnoop {

class EnvBefore {
public:
    // Adds the bytes of an EXEC_ENV_BEFORE record. Those of execs that failed or were filtered are dropped when all
    // together exceed some MiB, the oldest first.
    void add(const snoop_record &rec, std::span<const std::byte> bytes);
    // Nothing if there is none, or a part of it is missing.
    std::optional<std::string> take(std::uint64_t ts_ns, std::uint32_t tid);

private:
    struct Block {
        std::string bytes;
        bool is_whole = false;
    };

    std::map<std::pair<std::uint64_t, std::uint32_t>, Block> blocks_; // by ts_ns and tid, oldest first
    std::size_t size_ = 0;                                            // of all their bytes
};

} // namespace snoop::execsnoop

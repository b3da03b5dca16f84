// SPDX-License-Identifier: BSD-2-Clause
// The ancestors of programs, from the records that the programs send once for each (bpf/lib/lineage.bpf.h).
//     ancestors.add(lineage);
//     ancestors.of(exec_id);   // the nearest first
#pragma once

#include "table/columns.hpp"
#include <snoop/lineage.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snoop {

// Text: make<sh<sshd, by the names alone. JSON: an array of objects.
struct Ancestor : snoop_program {
    static const Columns<Ancestor> &columns();
};
void put_text(Buffer &out, const std::vector<Ancestor> &ancestors, Spaces spaces);

class Ancestors {
public:
    // `epoch` is the programs' lineage_epoch, which makes them send again what is forgotten here; null if they cannot
    // be told.
    explicit Ancestors(std::size_t most = 32768) : most_(most) {}
    void tell(__u32 *epoch) noexcept { epoch_ = epoch; }

    // A record of the kind SNOOP_LINEAGE_RECORD; one of another size is ignored.
    void add(std::span<const std::byte> record);

    // Those of a program; nothing if it is not known.
    std::optional<std::vector<Ancestor>> of(std::uint64_t exec_id);

private:
    struct Program {
        snoop_program program;
        std::uint64_t parent; // 0: none, or more than SNOOP_ANCESTORS away from those that were seen
    };
    using Programs = std::unordered_map<std::uint64_t, Program>;

    void put(const snoop_program &program, std::uint64_t parent);
    const Program *find(std::uint64_t exec_id);

    std::size_t most_;
    __u32 *epoch_ = nullptr;
    Programs recent_, older_; // older_ is what recent_ was before it had most_ entries
};

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// The types in BTF, which the kernel has of itself and clang adds to programs: finds them by
// name, and reduces them to the ones that a program needs.
//     BtfTypes types{bytes};
//     types.find(BTF_KIND_FUNC, "do_filp_open");        // its ID
//     types.reduced({"task_struct", "linux_binprm"});   // BTF of a few KiB
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

struct btf_type;

namespace snoop {

class BtfTypes {
public:
    using Id = std::uint32_t; // the position of a type, from 1; 0 is void
    using Names = std::unordered_set<std::string_view>;

    // Indexes the bytes, which must outlive this object. There are no types if the BTF is
    // damaged or contains an unknown kind.
    explicit BtfTypes(std::span<const std::byte> btf);

    [[nodiscard]] bool empty() const noexcept { return types_.size() <= 1; }
    [[nodiscard]] std::optional<Id> find(std::uint32_t kind, std::string_view name) const;

    // The names of all structs, enums and so on, without their "flavors": filename for
    // `struct filename___old`. A program names a type this way if it reads fields of it.
    [[nodiscard]] Names names() const;

    // The types with one of these names, and the types that they contain, as BTF with new
    // IDs. Targets of pointers in structs are left out: only bpf_core_type_matches() makes
    // libbpf follow them.
    [[nodiscard]] std::vector<std::byte> reduced(const Names &names) const;

    [[nodiscard]] bool has(Id id) const noexcept { return id != 0 && id < types_.size(); }
    [[nodiscard]] const btf_type &at(Id id) const { return *types_.at(id); }
    [[nodiscard]] std::string_view string(std::uint32_t offset) const;
    // Looks through typedefs, const and so on.
    [[nodiscard]] bool is_pointer(Id id) const;

private:
    bool read(std::span<const std::byte> btf);

    std::vector<const btf_type *> types_;
    std::string_view strings_;
};

} // namespace snoop

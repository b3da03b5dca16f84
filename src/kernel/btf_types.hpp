// SPDX-License-Identifier: BSD-2-Clause
// Types in BTF, as the kernel has them of itself and clang puts them into programs: found by
// their names, and reduced to those that somebody needs.
//     BtfTypes types{bytes};
//     types.find(BTF_KIND_FUNC, "do_filp_open");        // its number
//     types.reduced({"task_struct", "linux_binprm"});   // BTF again, some KiB of it
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
    using Id = std::uint32_t; // a type's place, from 1; 0 is void
    using Names = std::unordered_set<std::string_view>;

    // Looks through the bytes, which must outlive this. Of BTF that is damaged, or of a kind
    // that is not known here, there are no types.
    explicit BtfTypes(std::span<const std::byte> btf);

    [[nodiscard]] bool empty() const noexcept { return types_.size() <= 1; }
    [[nodiscard]] std::optional<Id> find(std::uint32_t kind, std::string_view name) const;

    // The names of all structs, enums and so on, without their "flavors": filename for
    // `struct filename___old`. Whoever reads a field of the kernel's names a type so.
    [[nodiscard]] Names names() const;

    // Those types that have one of these names, and what they are made of, as BTF. What a
    // member of a struct points at is no part of it: no relocation looks there, except that
    // of bpf_core_type_matches(). Their numbers are others than here.
    [[nodiscard]] std::vector<std::byte> reduced(const Names &names) const;

    [[nodiscard]] const btf_type &at(Id id) const { return *types_.at(id); }
    [[nodiscard]] std::string_view string(std::uint32_t offset) const;
    // Behind typedefs, const and their like?
    [[nodiscard]] bool is_pointer(Id id) const;

private:
    bool read(std::span<const std::byte> btf);

    std::vector<const btf_type *> types_;
    std::string_view strings_;
};

} // namespace snoop

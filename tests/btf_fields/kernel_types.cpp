// SPDX-License-Identifier: BSD-2-Clause
#include "kernel_types.hpp"

#include <fmt/format.h>

namespace {

// A type, with the BTF that it belongs to.
struct Seen {
    const btf *types;
    Type type;

    [[nodiscard]] const btf_type *get() const
    {
        const int id = btf__resolve_type(types, type.id);
        return btf__type_by_id(types, id < 0 ? 0 : static_cast<std::uint32_t>(id));
    }
    [[nodiscard]] std::string name() const { return btf__name_by_offset(types, get()->name_off); }
    [[nodiscard]] Seen element() const { return {types, {btf_array(get())->type, 0}}; }
    [[nodiscard]] std::uint32_t bits() const { return type.bits ? type.bits : get()->size * 8; }
    [[nodiscard]] bool is_signed() const { return btf_int_encoding(get()) & BTF_INT_SIGNED; }
};

std::string describe(const Seen &seen)
{
    const btf_type *type = seen.get();

    if (btf_is_int(type))
        return fmt::format("{} {}-bit integer", seen.is_signed() ? "signed" : "unsigned", seen.bits());
    if (btf_is_ptr(type))
        return "pointer";
    if (btf_is_array(type))
        return fmt::format("array of {} x {}", btf_array(type)->nelems, describe(seen.element()));
    if (btf_is_composite(type) || btf_is_any_enum(type))
        return kind_and_name(seen.types, static_cast<std::uint32_t>(btf__resolve_type(seen.types, seen.type.id)));
    return btf_is_float(type) ? "floating point" : fmt::format("BTF kind {}", btf_kind(type));
}

// libbpf's bpf_core_fields_are_compat().
bool compatible(const Seen &here, const Seen &there)
{
    const btf_type *a = here.get(), *b = there.get();

    if (btf_is_composite(a) && btf_is_composite(b))
        return true;
    if (btf_is_any_enum(a) && btf_is_any_enum(b)) {
        const std::string own = without_flavor(here.name()), its = without_flavor(there.name());
        return own.empty() || its.empty() || own == its;
    }
    if (btf_kind(a) != btf_kind(b))
        return false;
    return !btf_is_array(a) || compatible(here.element(), there.element());
}

// For places that compatible() finds to be of one kind; loose is a program that asks for
// the size (or the sign) as well, and so copes with any.
bool same_size_and_sign(const Seen &here, const Seen &there, bool loose_size, bool loose_sign)
{
    const btf_type *a = here.get(), *b = there.get();

    if (btf_is_array(a)) {
        // 0 elements: a flexible array. The elements themselves are compared below.
        const bool fits = !btf_array(b)->nelems || btf_array(a)->nelems <= btf_array(b)->nelems;
        return (loose_size || fits) && same_size_and_sign(here.element(), there.element(), loose_size, loose_sign);
    }
    if (btf_is_any_enum(a))
        return loose_size || here.bits() == there.bits();
    if (!btf_is_int(a))
        return true;
    // The compiler decides whether plain char is signed; the kernel's is unsigned since 6.2.
    const bool any_sign = loose_sign || here.name() == "char" || there.name() == "char";
    return (loose_size || here.bits() == there.bits()) && (any_sign || here.is_signed() == there.is_signed());
}

std::optional<Type> find_member(const btf *types, const btf_type *composite, const std::string &name)
{
    for (std::uint32_t i = 0; i < btf_vlen(composite); i++) {
        const btf_member &member = btf_members(composite)[i];
        const Type type{member.type, btf_member_bitfield_size(composite, i)};
        const std::string its = btf__name_by_offset(types, member.name_off);

        if (its == name)
            return type;
        const Seen seen{types, type};
        if (!its.empty() || !btf_is_composite(seen.get()))
            continue;
        if (const auto found = find_member(types, seen.get(), name))
            return found;
    }
    return std::nullopt;
}

bool has_value(const btf *types, const btf_type *type, const std::string &name)
{
    for (std::uint32_t i = 0; i < btf_vlen(type); i++) {
        const auto name_off = btf_is_enum(type) ? btf_enum(type)[i].name_off : btf_enum64(type)[i].name_off;
        if (without_flavor(btf__name_by_offset(types, name_off)) == without_flavor(name))
            return true;
    }
    return false;
}

} // namespace

KernelTypes::KernelTypes(const std::string &file) : types_(read_btf(file))
{
    for (std::uint32_t id = 1; id < btf__type_cnt(types_.get()); id++) {
        const btf_type *type = btf__type_by_id(types_.get(), id);
        if (type->name_off && (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type) ||
                               btf_is_int(type) || btf_is_float(type)))
            named_[kind_and_name(types_.get(), id)].push_back(id);
    }
}

std::optional<Difference> KernelTypes::compare(const Object &object, const Use &use) const
{
    const auto candidates = named_.find(use.type);
    std::optional<Difference> closest;

    if (candidates == named_.end())
        return Difference{use.type, "", ""};
    // Different files of the kernel may define different types of one name. libbpf skips those
    // without the field, so one that has it is enough.
    for (const std::uint32_t id : candidates->second) {
        auto difference = walk(object, use, id);
        if (!difference)
            return std::nullopt;
        if (!closest || difference->path.size() > closest->path.size())
            closest = std::move(difference);
    }
    return closest;
}

std::optional<Difference> KernelTypes::walk(const Object &object, const Use &use, std::uint32_t id) const
{
    Seen there{types_.get(), {id, 0}}, here{object.types.get(), {use.root, 0}};
    std::string path = use.type;

    if (use.what == Use::What::value) {
        if (has_value(there.types, there.get(), use.steps[0].name))
            return std::nullopt;
        return Difference{use.path(), "", ""};
    }
    if (!compatible(here, there))
        return Difference{path, describe(here), describe(there)};
    for (const Step &step : use.steps) {
        const btf_type *type = there.get();
        path += step.text();
        if (step.name.empty()) {
            // compatible() has made sure that it is an array in the kernel, too.
            if (btf_array(type)->nelems && step.index >= btf_array(type)->nelems)
                return Difference{path, "element", describe(there)};
            there = there.element();
        } else {
            const auto member = find_member(there.types, type, step.name);
            if (!member)
                return Difference{path, "", ""};
            there.type = *member;
        }
        here.type = step.type;
        if (!compatible(here, there))
            return Difference{path, describe(here), describe(there)};
    }
    if (use.what == Use::What::field && !use.question &&
        !same_size_and_sign(here, there, use.has(BPF_CORE_FIELD_BYTE_SIZE), use.has(BPF_CORE_FIELD_SIGNED)))
        return Difference{path, describe(here), describe(there)};
    return std::nullopt;
}

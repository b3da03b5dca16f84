// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/btf_types.hpp"

#include <bpf/btf.h>

#include <array>
#include <cstring>
#include <string>
#include <unordered_map>

namespace snoop {
namespace {

using Id = BtfTypes::Id;

// The bytes after struct btf_type: once, and for each of its parts (btf_vlen). From
// Documentation/bpf/btf.rst of the kernel. Kinds count from 1; newer kernels may add some.
struct Layout {
    std::uint8_t once, part;
};
constexpr std::uint32_t kinds = BTF_KIND_ENUM64 + 1;
constexpr auto layouts = [] {
    std::array<Layout, kinds> all{};
    all[BTF_KIND_INT] = {4, 0};
    all[BTF_KIND_ARRAY] = {sizeof(struct btf_array), 0};
    all[BTF_KIND_STRUCT] = all[BTF_KIND_UNION] = {0, sizeof(btf_member)};
    all[BTF_KIND_ENUM] = {0, sizeof(struct btf_enum)};
    all[BTF_KIND_ENUM64] = {0, sizeof(struct btf_enum64)};
    all[BTF_KIND_FUNC_PROTO] = {0, sizeof(btf_param)};
    all[BTF_KIND_VAR] = {sizeof(struct btf_var), 0};
    all[BTF_KIND_DATASEC] = {0, sizeof(btf_var_secinfo)};
    all[BTF_KIND_DECL_TAG] = {sizeof(struct btf_decl_tag), 0};
    return all;
}();

std::size_t bytes_of(const btf_type &type)
{
    const Layout layout = layouts[btf_kind(&type)];
    return sizeof(type) + layout.once + std::size_t{layout.part} * btf_vlen(&type);
}

// True for the kinds of types that programs refer to by name.
bool has_name(const btf_type &type)
{
    constexpr std::uint32_t named = 1u << BTF_KIND_INT | 1u << BTF_KIND_STRUCT | 1u << BTF_KIND_UNION |
                                    1u << BTF_KIND_ENUM | 1u << BTF_KIND_ENUM64 | 1u << BTF_KIND_TYPEDEF |
                                    1u << BTF_KIND_FLOAT;
    return (named >> btf_kind(&type) & 1) != 0 && type.name_off != 0;
}

std::string_view without_flavor(std::string_view name) { return name.substr(0, name.find("___")); }

// Copies types, each once, together with the types that they contain.
class Copy {
public:
    explicit Copy(const BtfTypes &from) : from_(from)
    {
        btf_type pointer{};
        pointer.info = BTF_KIND_PTR << 24;
        append(pointer, sizeof(pointer));
    }

    // Adds a type and returns its ID in the copy.
    Id take(Id old)
    {
        if (old == 0 || !from_.has(old)) // a damaged reference leads to void
            return 0;
        const auto [at, is_new] = ids_.try_emplace(old, void_pointer + 1 + static_cast<Id>(taken_.size()));
        if (is_new)
            taken_.push_back(old);
        return at->second;
    }

    std::vector<std::byte> finish()
    {
        for (std::size_t i = 0; i < taken_.size(); i++) // put() adds to taken_
            put(from_.at(taken_[i]));

        btf_header header{};
        header.magic = BTF_MAGIC;
        header.version = BTF_VERSION;
        header.hdr_len = sizeof(header);
        header.type_len = header.str_off = static_cast<std::uint32_t>(types_.size());
        header.str_len = static_cast<std::uint32_t>(strings_.size());
        std::vector<std::byte> all(sizeof(header) + types_.size() + strings_.size());
        std::memcpy(all.data(), &header, sizeof(header));
        std::memcpy(all.data() + sizeof(header), types_.data(), types_.size());
        std::memcpy(all.data() + sizeof(header) + types_.size(), strings_.data(), strings_.size());
        return all;
    }

private:
    static constexpr Id void_pointer = 1;

    void append(const btf_type &type, std::size_t size)
    {
        const auto *bytes = reinterpret_cast<const std::byte *>(&type);
        types_.insert(types_.end(), bytes, bytes + size);
    }

    void put(const btf_type &old)
    {
        const std::size_t at = types_.size();
        append(old, bytes_of(old));

        auto *type = reinterpret_cast<btf_type *>(types_.data() + at);
        const std::size_t parts = btf_vlen(type);
        take_string(type->name_off);
        switch (btf_kind(type)) {
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
            for (btf_member &member : std::span{btf_members(type), parts}) {
                take_string(member.name_off);
                member.type = take_part(member.type);
            }
            break;
        case BTF_KIND_ARRAY:
            btf_array(type)->type = take_part(btf_array(type)->type);
            btf_array(type)->index_type = take(btf_array(type)->index_type);
            break;
        case BTF_KIND_ENUM:
            for (struct btf_enum &value : std::span{btf_enum(type), parts})
                take_string(value.name_off);
            break;
        case BTF_KIND_ENUM64:
            for (struct btf_enum64 &value : std::span{btf_enum64(type), parts})
                take_string(value.name_off);
            break;
        case BTF_KIND_FUNC_PROTO:
            type->type = take(type->type);
            for (btf_param &param : std::span{btf_params(type), parts}) {
                take_string(param.name_off);
                param.type = take(param.type);
            }
            break;
        case BTF_KIND_INT:
        case BTF_KIND_FLOAT:
        case BTF_KIND_FWD: break;
        default: type->type = take(type->type); // pointers, typedefs, const and so on
        }
    }

    Id take_part(Id old) { return from_.is_pointer(old) ? void_pointer : take(old); }

    void take_string(std::uint32_t &offset)
    {
        if (offset == 0)
            return;
        const auto [at, is_new] = offsets_.try_emplace(offset, static_cast<std::uint32_t>(strings_.size()));
        if (is_new)
            strings_.append(from_.string(offset)).push_back('\0');
        offset = at->second;
    }

    const BtfTypes &from_;
    std::unordered_map<Id, Id> ids_;
    std::unordered_map<std::uint32_t, std::uint32_t> offsets_; // of strings
    std::vector<Id> taken_;
    std::vector<std::byte> types_;
    std::string strings_ = std::string(1, '\0');
};

} // namespace

BtfTypes::BtfTypes(std::span<const std::byte> btf)
{
    if (!read(btf))
        types_.clear();
}

bool BtfTypes::read(std::span<const std::byte> btf)
{
    if (btf.size() < sizeof(btf_header))
        return false;
    const auto &header = *reinterpret_cast<const btf_header *>(btf.data());
    if (header.magic != BTF_MAGIC || header.version != BTF_VERSION || header.hdr_len > btf.size() ||
        header.hdr_len % 4 != 0 || header.type_off % 4 != 0)
        return false;
    const auto rest = btf.subspan(header.hdr_len);
    if (header.type_off > rest.size() || header.type_len > rest.size() - header.type_off ||
        header.str_off > rest.size() || header.str_len > rest.size() - header.str_off)
        return false;
    strings_ = {reinterpret_cast<const char *>(rest.data()) + header.str_off, header.str_len};
    if (strings_.empty() || strings_.back() != '\0')
        return false;

    types_.reserve(header.type_len / 24); // about 25 bytes for each type
    types_.push_back(nullptr);
    for (auto left = rest.subspan(header.type_off, header.type_len); !left.empty();) {
        const auto *type = reinterpret_cast<const btf_type *>(left.data());
        if (left.size() < sizeof(*type) || btf_kind(type) == 0 || btf_kind(type) >= kinds ||
            left.size() < bytes_of(*type))
            return false;
        types_.push_back(type);
        left = left.subspan(bytes_of(*type));
    }
    return true;
}

std::string_view BtfTypes::string(std::uint32_t offset) const
{
    return offset < strings_.size() ? strings_.data() + offset : ""; // every string ends with a NUL
}

bool BtfTypes::is_pointer(Id id) const
{
    // No longer than there are types: in damaged BTF a typedef can lead to itself.
    for (std::size_t i = 0; i < types_.size() && has(id) && (btf_is_mod(&at(id)) || btf_is_typedef(&at(id))); i++)
        id = at(id).type;
    return has(id) && btf_is_ptr(&at(id));
}

std::optional<Id> BtfTypes::find(std::uint32_t kind, std::string_view name) const
{
    const auto is_it = [&](const char *other) {
        return std::strncmp(other, name.data(), name.size()) == 0 && other[name.size()] == '\0';
    };
    for (Id id = 1; id < types_.size(); id++)
        if (btf_kind(types_[id]) == kind && is_it(string(types_[id]->name_off).data()))
            return id;
    return std::nullopt;
}

BtfTypes::Names BtfTypes::names() const
{
    Names names;

    for (Id id = 1; id < types_.size(); id++)
        if (has_name(*types_[id]))
            names.insert(without_flavor(string(types_[id]->name_off)));
    return names;
}

std::vector<std::byte> BtfTypes::reduced(const Names &names) const
{
    Copy copy{*this};

    for (Id id = 1; id < types_.size(); id++)
        if (has_name(*types_[id]) && names.contains(without_flavor(string(types_[id]->name_off))))
            copy.take(id);
    return copy.finish();
}

} // namespace snoop

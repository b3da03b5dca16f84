// SPDX-License-Identifier: BSD-2-Clause
#include "object.hpp"

#include <fmt/format.h>

#include <bpf/libbpf.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>
#include <tuple>

// Exported since libbpf 0.0.2. The headers of 1.0 to 1.4 declare it under another name, which
// those libraries do not export.
extern "C" const void *btf_ext__get_raw_data(const struct btf_ext *ext, __u32 *size);

namespace {

struct FreeExt {
    void operator()(btf_ext *e) const noexcept { btf_ext__free(e); }
};

struct ExtHeader {
    std::uint16_t magic;
    std::uint8_t version, flags;
    std::uint32_t length;
    std::uint32_t func_info, func_info_length, line_info, line_info_length;
    std::uint32_t relocations, relocations_length; // since LLVM 10
};

using Bytes = std::span<const std::byte>;

// Removes `size` bytes from the front of `bytes` and returns them as a T.
template <class T> T take(Bytes &bytes, std::size_t size = sizeof(T))
{
    T value{};

    if (bytes.size() < size)
        throw std::runtime_error{".BTF.ext is cut short"};
    std::memcpy(&value, bytes.data(), std::min(size, sizeof(value)));
    bytes = bytes.subspan(size);
    return value;
}

// Calls f(section name, record) for each record of one part of .BTF.ext, which consists of the record
// size and, for each ELF section, its name, a count and the records.
template <class Record, class F> void each_record(const btf *types, Bytes part, F f)
{
    if (part.empty())
        return;
    const auto size = take<std::uint32_t>(part);
    while (!part.empty()) {
        const std::string section = btf__name_by_offset(types, take<std::uint32_t>(part));
        for (auto left = take<std::uint32_t>(part); left; left--)
            f(section, take<Record>(part, size));
    }
}

Use::What what_of(bpf_core_relo_kind kind)
{
    switch (kind) {
    case BPF_CORE_TYPE_ID_TARGET:
    case BPF_CORE_TYPE_EXISTS:
    case BPF_CORE_TYPE_SIZE:
    case BPF_CORE_TYPE_MATCHES: return Use::What::type;
    case BPF_CORE_ENUMVAL_EXISTS:
    case BPF_CORE_ENUMVAL_VALUE: return Use::What::value;
    default: return Use::What::field;
    }
}

constexpr bool is_question(bpf_core_relo_kind kind)
{
    return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS || kind == BPF_CORE_ENUMVAL_EXISTS ||
           kind == BPF_CORE_TYPE_MATCHES;
}

const btf_type *resolved(const btf *types, std::uint32_t id)
{
    const int last = btf__resolve_type(types, id);
    return btf__type_by_id(types, last < 0 ? 0 : static_cast<std::uint32_t>(last));
}

const char *enum_value(const btf *types, const btf_type *type, std::uint32_t index)
{
    if (index < btf_vlen(type) && btf_is_enum(type))
        return btf__name_by_offset(types, btf_enum(type)[index].name_off);
    if (index < btf_vlen(type) && btf_is_enum64(type))
        return btf__name_by_offset(types, btf_enum64(type)[index].name_off);
    throw std::runtime_error{"a relocation of an enum has no such value"};
}

// "0:1:2": element 0 of the array that the pointer points to, its member 1, member (or element) 2 of
// that. Unnamed members are skipped, as libbpf looks through them.
std::vector<Step> read_steps(const btf *types, std::uint32_t root, std::string_view access)
{
    std::vector<Step> steps;
    Type at{root, 0};

    for (bool first = true; !access.empty(); first = false) {
        std::uint32_t index = 0;
        const auto [end, error] = std::from_chars(access.data(), access.data() + access.size(), index);
        if (error != std::errc{})
            throw std::runtime_error{fmt::format("access string '{}'", access)};
        access.remove_prefix(std::min(access.size(), static_cast<std::size_t>(end - access.data()) + 1));
        if (first)
            continue;
        const btf_type *type = resolved(types, at.id);
        if (btf_is_array(type)) {
            at = {btf_array(type)->type, 0};
            steps.push_back({"", index, at});
        } else if (btf_is_composite(type) && index < btf_vlen(type)) {
            const btf_member &member = btf_members(type)[index];
            at = {member.type, btf_member_bitfield_size(type, index)};
            if (const char *name = btf__name_by_offset(types, member.name_off); *name)
                steps.push_back({name, 0, at});
        } else {
            throw std::runtime_error{fmt::format("a relocation's type has no member {}", index)};
        }
    }
    return steps;
}

Use read_use(const btf *types, const bpf_core_relo &relocation)
{
    const std::string_view access = btf__name_by_offset(types, relocation.access_str_off);
    Use use;

    use.what = what_of(relocation.kind);
    use.question = is_question(relocation.kind);
    use.root = relocation.type_id;
    use.type = kind_and_name(types, use.root);
    if (use.what == Use::What::field) {
        use.steps = read_steps(types, use.root, access);
    } else if (use.what == Use::What::value) {
        std::uint32_t index = 0;
        std::from_chars(access.data(), access.data() + access.size(), index);
        use.steps.push_back({enum_value(types, resolved(types, use.root), index), 0, {}});
    }
    return use;
}

} // namespace

std::string Step::text() const { return name.empty() ? fmt::format("[{}]", index) : "." + name; }

std::string Use::path() const
{
    std::string path = type;
    for (const Step &step : steps)
        path += step.text();
    return path;
}

std::string without_flavor(const std::string &name)
{
    // As in libbpf, there must be a name before the three underscores and one behind them.
    for (std::size_t at = name.size(); at-- > 1;)
        if (name.compare(at, 3, "___") == 0 && name[at - 1] != '_' && at + 3 < name.size() && name[at + 3] != '_')
            return name.substr(0, at);
    return name;
}

std::string kind_and_name(const btf *types, std::uint32_t id)
{
    const btf_type *type = btf__type_by_id(types, id);
    const char *kind = "type";

    if (!type)
        return kind;
    const std::string name = without_flavor(btf__name_by_offset(types, type->name_off));
    if (btf_is_struct(type))
        kind = "struct";
    else if (btf_is_union(type))
        kind = "union";
    else if (btf_is_any_enum(type))
        kind = "enum";
    else if (btf_is_typedef(type))
        kind = "typedef";
    return name.empty() ? kind : fmt::format("{} {}", kind, name);
}

Btf read_btf(const std::string &file, btf_ext **ext)
{
    Btf types{btf__parse(file.c_str(), ext)};
    if (!types)
        throw std::runtime_error{fmt::format("{}: no BTF: {}", file, std::strerror(errno))};
    return types;
}

Object::Object(const std::string &file) : name(std::filesystem::path{file}.filename())
{
    btf_ext *read = nullptr;
    types = read_btf(file, &read);
    const std::unique_ptr<btf_ext, FreeExt> ext{read};
    if (!ext)
        throw std::runtime_error{fmt::format("{}: no .BTF.ext: is it a BPF object, built with -g?", file)};

    std::uint32_t size = 0;
    const auto *data = static_cast<const std::byte *>(btf_ext__get_raw_data(ext.get(), &size));
    Bytes all{data, size};
    const auto header = take<ExtHeader>(all, reinterpret_cast<const ExtHeader *>(data)->length);
    // An instruction belongs to the last function that starts at it or before.
    std::map<std::string, std::map<std::uint32_t, std::string>> functions;
    each_record<bpf_func_info>(types.get(), all.subspan(header.func_info, header.func_info_length),
                               [&](const std::string &section, const bpf_func_info &info) {
                                   const btf_type *type = btf__type_by_id(types.get(), info.type_id);
                                   functions[section][info.insn_off] =
                                       btf__name_by_offset(types.get(), type ? type->name_off : 0);
                               });
    // Ten uses of a field are one Use; tests of its existence are another one.
    std::map<std::tuple<std::string, std::uint32_t, bool>, Use> found;
    each_record<bpf_core_relo>(
        types.get(), all.subspan(header.relocations, header.relocations_length),
        [&](const std::string &section, const bpf_core_relo &relocation) {
            if (relocation.kind == BPF_CORE_TYPE_ID_LOCAL)
                return;
            const Use read_now = read_use(types.get(), relocation);
            Use &use = found.try_emplace({read_now.path(), read_now.root, read_now.question}, read_now).first->second;
            use.kinds |= 1U << relocation.kind;
            const auto &starts = functions[section];
            if (const auto next = starts.upper_bound(relocation.insn_off); next != starts.begin())
                use.programs.insert(std::prev(next)->second);
        });
    for (auto &[place, use] : found)
        uses.push_back(std::move(use));
}

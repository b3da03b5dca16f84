// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/go_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace snoop::funclat {
namespace {

// The header of the table since Go 1.18, of 64-bit programs (runtime.pcHeader, internal/abi of Go).
struct Header {
    std::uint32_t magic;
    std::uint8_t zero[2];
    std::uint8_t instruction_bytes, pointer_bytes;
    std::uint64_t functions, files;
    std::uint64_t text;                                    // address that those of the functions are relative to
    std::uint64_t names, units, file_names, lines, places; // offsets in the table
};

// An entry of the list of functions, and the beginning of what it points to.
struct Place {
    std::uint32_t address, about; // `about` is an offset from Header::places
};
struct About {
    std::uint32_t address, name; // `name` is an offset from Header::names
};

constexpr std::uint32_t magic_of_1_18 = 0xfffffff0, magic_of_1_20 = 0xfffffff1;

// Sections of a program, and of one that is position-independent.
std::optional<ElfRange> table_of(const ElfFile &elf)
{
    for (const char *name : {".gopclntab", ".data.rel.ro.gopclntab"})
        if (const auto range = elf.section_range(name))
            return range;
    return std::nullopt;
}

template <class T> std::optional<T> read_at(const std::vector<std::byte> &bytes, std::uint64_t offset)
{
    T value;

    if (bytes.size() < sizeof(T) || offset > bytes.size() - sizeof(T))
        return std::nullopt;
    std::memcpy(&value, &bytes[offset], sizeof(T));
    return value;
}

std::optional<std::string_view> string_at(const std::vector<std::byte> &bytes, std::uint64_t offset)
{
    constexpr std::size_t longest_name = 16384; // names that overlap cannot make reading them take forever

    if (offset >= bytes.size())
        return std::nullopt;
    const std::string_view rest{reinterpret_cast<const char *>(&bytes[offset]),
                                std::min<std::size_t>(bytes.size() - offset, longest_name)};
    const std::size_t end = rest.find('\0');
    return end == rest.npos ? std::nullopt : std::optional{rest.substr(0, end)};
}

bool is_code(const ElfFile &elf, std::uint64_t address)
{
    return std::ranges::any_of(elf.segments(), [address](const ElfSegment &segment) {
        return segment.is_code && address >= segment.address && address - segment.address < segment.bytes;
    });
}

} // namespace

bool is_go_program(const ElfFile &elf) { return table_of(elf) || elf.section_range(".go.buildinfo"); }

GoFunctions::GoFunctions(const ElfFile &elf)
{
    constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
    const auto range = table_of(elf);

    if (!range) {
        if (is_go_program(elf))
            doubt_ = "it has no section for Go's table of functions";
        return;
    }
    table_ = elf.read(range->address, std::min(range->bytes, most_bytes));
    const auto magic = read_at<std::uint32_t>(table_, 0);
    if (!magic || (*magic != magic_of_1_18 && *magic != magic_of_1_20))
        doubt_ = fmt::format("its table of functions has the unknown version 0x{:x}; those of Go 1.18 and later are "
                             "known here",
                             magic.value_or(0));
    else if (!read_functions(elf))
        doubt_ = "its table of functions is damaged";
    if (!doubt_.empty())
        functions_.clear();
}

bool GoFunctions::read_functions(const ElfFile &elf)
{
    const auto header = read_at<Header>(table_, 0);

    if (!header || header->pointer_bytes != sizeof(std::uint64_t) || !is_code(elf, header->text) ||
        header->functions > table_.size() / sizeof(Place) || header->places > table_.size() ||
        header->names > table_.size())
        return false;
    functions_.reserve(header->functions);
    for (std::uint64_t i = 0; i < header->functions; i++) {
        const auto place = read_at<Place>(table_, header->places + i * sizeof(Place));
        // The last entry is followed by the end of the code.
        const auto end = read_at<std::uint32_t>(table_, header->places + (i + 1) * sizeof(Place));
        const auto about = place ? read_at<About>(table_, header->places + place->about) : std::nullopt;
        const auto name = about ? string_at(table_, header->names + about->name) : std::nullopt;
        if (!end || !name || about->address != place->address || *end < place->address)
            return false;
        functions_.push_back({header->text + place->address, *end - place->address, *name});
    }
    return true;
}

const GoFunctions::Function *GoFunctions::at(std::uint64_t address) const
{
    const auto found = std::ranges::lower_bound(functions_, address, {}, &Function::address);

    return found != functions_.end() && found->address == address ? &*found : nullptr;
}

} // namespace snoop::funclat

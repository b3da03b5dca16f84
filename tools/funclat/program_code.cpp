// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/program_code.hpp"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace snoop::funclat {
namespace {

// A larger function is a damaged file's.
constexpr std::uint64_t most_bytes = 4 << 20;

bool contains(const ElfRange &range, std::uint64_t address)
{
    return address >= range.address && address - range.address < range.bytes;
}

// "f" for "f.cold" and "f.cold.3", else nothing.
std::string_view function_of_cold_part(std::string_view name)
{
    const auto at = name.find(".cold");

    if (at == name.npos || at == 0)
        return {};
    const std::string_view rest = name.substr(at + 5);
    return rest.empty() || rest.front() == '.' ? name.substr(0, at) : std::string_view{};
}

Machine machine_of(const ElfFile &elf)
{
#if defined(__x86_64__)
    return elf.is_32bit() ? Machine::x86_32 : Machine::x86_64;
#else
    return (void)elf, Machine::arm64;
#endif
}

// The minor version of the Go toolchain that built a file, from .go.buildinfo: a header of 32 bytes, and
// since 1.18 the version as a string, "go1.19.8", behind its length (debug/buildinfo of Go).
int go_version(const ElfFile &elf)
{
    constexpr std::size_t header_bytes = 32, flags_at = 15, length_at = 32;
    constexpr auto is_inline = std::byte{2};
    const auto info = elf.section_range(".go.buildinfo");
    const auto bytes = info ? elf.read(info->address, header_bytes + 16) : std::vector<std::byte>{};

    if (bytes.size() <= length_at + 6 || (bytes[flags_at] & is_inline) == std::byte{})
        return 0;
    const std::string_view version{reinterpret_cast<const char *>(&bytes[length_at + 1]), bytes.size() - length_at - 1};
    int minor = 0;
    if (version.starts_with("go1."))
        std::from_chars(version.data() + 4, version.data() + version.size(), minor);
    return minor;
}

} // namespace

bool is_cold_part(std::string_view name) { return !function_of_cold_part(name).empty(); }

ProgramCode::ProgramCode(const std::string &file) : elf_(file)
{
    has_go_ = elf_.section_range(".gopclntab").has_value();
    has_known_go_ = has_go_ && go_version(elf_) >= 18;
    for (const char *name : {".plt", ".plt.sec", ".plt.got", ".iplt"})
        if (const auto range = elf_.section_range(name))
            stubs_.push_back(*range);
    elf_.for_each_symbol([this](const ElfSymbol &symbol) {
        if (!symbol.is_imported && symbol.address)
            add(symbol);
        return true;
    });
    std::ranges::sort(symbols_, {}, &Symbol::address);
    std::ranges::sort(cold_, {}, &Symbol::name);
}

void ProgramCode::add(const ElfSymbol &symbol)
{
    const bool is_function = symbol.type == STT_FUNC || symbol.type == STT_GNU_IFUNC;

    if (const auto name = function_of_cold_part(symbol.name); is_function && !name.empty())
        cold_.push_back({symbol.address, symbol.bytes, name});
    else if (is_function || symbol.type == STT_NOTYPE)
        symbols_.push_back({symbol.address, symbol.bytes, is_function ? symbol.name : std::string_view{}});
}

ProgramCode::Symbols ProgramCode::symbols_at(std::uint64_t address) const
{
    const auto first = std::ranges::lower_bound(symbols_, address, {}, &Symbol::address);

    return {first, std::ranges::upper_bound(first, symbols_.end(), address, {}, &Symbol::address)};
}

// Names of Go have a package; those of C in the same program do not.
bool ProgramCode::is_go(Symbols function) const
{
    return has_go_ && std::ranges::any_of(function, [](const Symbol &symbol) {
               return symbol.name.find('.') != symbol.name.npos && !symbol.name.starts_with("_cgo");
           });
}

std::vector<ElfRange> ProgramCode::cold_parts_of(Symbols function) const
{
    std::vector<ElfRange> parts;

    for (const Symbol &symbol : function)
        for (auto part = std::ranges::lower_bound(cold_, symbol.name, {}, &Symbol::name);
             part != cold_.end() && part->name == symbol.name; ++part)
            if (std::ranges::none_of(parts, [&](const ElfRange &p) { return p.address == part->address; }))
                parts.push_back({part->address, part->bytes});
    return parts;
}

bool ProgramCode::begins_function(std::uint64_t address) const
{
    return !symbols_at(address).empty() ||
           std::ranges::any_of(stubs_, [address](const ElfRange &stub) { return contains(stub, address); });
}

std::optional<std::uint64_t> ProgramCode::address_of(std::uint64_t offset) const
{
    for (const ElfSegment &segment : elf_.segments())
        if (segment.is_code && offset >= segment.offset && offset - segment.offset < segment.bytes)
            return offset - segment.offset + segment.address;
    return std::nullopt;
}

FunctionBody ProgramCode::body_at(std::uint64_t offset) const
{
    const auto address = address_of(offset);
    const Symbols function = address ? symbols_at(*address) : Symbols{};
    std::uint64_t size = 0;
    FunctionBody body;

    for (const Symbol &symbol : function)
        size = std::max(size, symbol.bytes);
    if (size == 0 || size > most_bytes) {
        body.doubt = "its size is not known";
        return body;
    }
    const bool go = is_go(function);
    if (go && !has_known_go_) {
        body.doubt = "only Go 1.18 and later is known here";
        return body;
    }
    std::vector<std::vector<std::byte>> bytes{elf_.read(*address, size)};
    std::vector<CodeRange> ranges{{*address, bytes.front()}};
    for (const ElfRange &part : cold_parts_of(function))
        if (part.bytes && part.bytes <= most_bytes) {
            bytes.push_back(elf_.read(part.address, part.bytes));
            ranges.push_back({part.address, bytes.back()});
        }
    body = disassemble(
        machine_of(elf_), ranges, [this](std::uint64_t to) { return begins_function(to); }, go);
    body.is_go = go;
    const auto to_offset = [this](std::uint64_t &at) { at = elf_.offset_of(at).value_or(0); };
    to_offset(body.entry.address);
    for (FunctionExit &exit : body.exits)
        to_offset(exit.address);
    return body;
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/program_code.hpp"
#include "funclat/disassembler.hpp"
#include "symbols/debug_file.hpp"

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

// The size of code without the bytes behind it that align the next function: zeros of arm64. Those of x86 are
// instructions.
std::uint64_t without_padding(std::span<const std::byte> code)
{
#if defined(__aarch64__)
    while (!code.empty() && code.back() == std::byte{0})
        code = code.first(code.size() - 1);
    return (code.size() + 3) / 4 * 4;
#else
    return code.size();
#endif
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

ProgramCode::ProgramCode(const std::string &file) : elf_(file), frames_(elf_), go_(elf_)
{
    const auto add_symbol = [this](const ElfSymbol &symbol) {
        if (!symbol.is_imported && symbol.address)
            add(symbol);
        return true;
    };

    is_go_program_ = is_go_program(elf_);
    has_known_go_ = is_go_program_ && go_version(elf_) >= 18;
    for (const char *name : {".plt", ".plt.sec", ".plt.got", ".iplt"})
        if (const auto range = elf_.section_range(name))
            stubs_.push_back(*range);
    elf_.for_each_symbol(add_symbol);
    if (!elf_.section_range(".symtab") && (debug_ = find_debug_file(elf_)))
        debug_->for_each_symbol(add_symbol);
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

// Without Go's table its functions are those whose names have a package, as those of C in the same program do not.
bool ProgramCode::is_go(std::uint64_t address) const
{
    const Symbols function = symbols_at(address);

    if (!is_go_program_ || go_.doubt().empty())
        return go_.at(address) != nullptr;
    return function.empty() || std::ranges::any_of(function, [](const Symbol &symbol) {
               return symbol.name.find('.') != symbol.name.npos && !symbol.name.starts_with("_cgo");
           });
}

// The size of the function at an address; 0 if it is not known.
std::uint64_t ProgramCode::bytes_at(std::uint64_t address) const
{
    std::uint64_t bytes = 0;

    for (const Symbol &symbol : symbols_at(address))
        bytes = std::max(bytes, symbol.bytes);
    if (const GoFunctions::Function *function = go_.at(address); function && bytes == 0)
        bytes = without_padding(elf_.read(address, std::min(function->bytes, most_bytes)));
    if (bytes == 0)
        if (const ElfRange *piece = unnamed_piece_at(address); piece && frames_.is_as_called(address) == true)
            bytes = piece->bytes;
    return bytes;
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

bool ProgramCode::is_stub(std::uint64_t address) const
{
    return std::ranges::any_of(stubs_, [address](const ElfRange &stub) { return contains(stub, address); });
}

// A piece of code that begins at an address and within which no symbol is.
const ElfRange *ProgramCode::unnamed_piece_at(std::uint64_t address) const
{
    const ElfRange *piece = frames_.piece_of(address);

    if (!piece || piece->address != address || is_stub(address))
        return nullptr;
    const auto next = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
    return next != symbols_.end() && contains(*piece, next->address) ? nullptr : piece;
}

// A piece that a function jumps to is another function or a part of the same; the table does not say which. Parts are
// never called.
bool ProgramCode::begins_unnamed_function(std::uint64_t address) const
{
    if (!unnamed_piece_at(address) || frames_.is_as_called(address) != true)
        return false;
    if (!calls_)
        calls_.emplace(elf_, frames_, machine_of(elf_));
    return calls_->lead_to(address);
}

// A function has jumped to pieces that begin with something of its own on the stack: these are parts of it.
std::vector<ElfRange> ProgramCode::unnamed_parts_of(CodeRange function) const
{
    std::vector<Instruction> instructions;
    std::vector<ElfRange> parts;

    if (frames_.pieces().empty() || !Disassembler{machine_of(elf_)}.read(function, instructions))
        return parts;
    for (const Instruction &one : instructions) {
        const ElfRange *piece = one.target ? frames_.piece_of(*one.target) : nullptr;
        if (piece && piece->address != function.address && symbols_at(piece->address).empty() &&
            unnamed_piece_at(piece->address) && frames_.is_as_called(piece->address) == false &&
            std::ranges::none_of(parts, [&](const ElfRange &part) { return part.address == piece->address; }))
            parts.push_back(*piece);
    }
    return parts;
}

bool ProgramCode::begins_function(std::uint64_t address) const
{
    return !symbols_at(address).empty() || go_.at(address) || is_stub(address) || begins_unnamed_function(address);
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
    const std::uint64_t size = address ? bytes_at(*address) : 0;
    FunctionBody body;

    if (size == 0 || size > most_bytes) {
        body.doubt = "its size is not known";
        return body;
    }
    const bool go = is_go(*address);
    if (go && !has_known_go_) {
        body.doubt = "only Go 1.18 and later is known here";
        return body;
    }
    std::vector<std::vector<std::byte>> bytes{elf_.read(*address, size)};
    std::vector<CodeRange> ranges{{*address, bytes.front()}};
    const auto add_parts = [&](const std::vector<ElfRange> &parts) {
        for (const ElfRange &part : parts)
            if (part.bytes && part.bytes <= most_bytes) {
                bytes.push_back(elf_.read(part.address, part.bytes));
                ranges.push_back({part.address, bytes.back()});
            }
    };
    const auto examine = [&] {
        return disassemble(
            machine_of(elf_), ranges, [this](std::uint64_t to) { return begins_function(to); }, go);
    };
    add_parts(cold_parts_of(symbols_at(*address)));
    body = examine();
    if (!body.doubt.empty() && ranges.size() == 1 && !go) {
        add_parts(unnamed_parts_of(ranges.front()));
        if (ranges.size() > 1)
            body = examine();
    }
    body.is_go = go;
    const auto to_offset = [this](std::uint64_t &at) { at = elf_.offset_of(at).value_or(0); };
    to_offset(body.entry.address);
    for (FunctionExit &exit : body.exits)
        to_offset(exit.address);
    return body;
}

} // namespace snoop::funclat

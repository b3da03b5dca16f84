// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/usdt_notes.hpp"
#include "base/error.hpp"
#include "symbols/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace snoop::usdtsnoop {
namespace {

#if defined(__x86_64__)
constexpr Machine own_machine = Machine::x86;
#else
constexpr Machine own_machine = Machine::arm64;
#endif

using namespace std::string_view_literals;
constexpr std::string_view note_owner = "stapsdt\0"sv;
constexpr std::uint32_t note_type = 3;

[[noreturn]] void throw_damaged(const ElfFile &elf, std::string_view why)
{
    throw Error{exit_usage, "'{}' has an invalid probe note: {}", elf.path(), why};
}

std::optional<std::uint64_t> symbol_address(const ElfFile &elf, const std::string &name)
{
    std::optional<std::uint64_t> address;

    elf.for_each_symbol([&](const ElfSymbol &symbol) {
        if (symbol.name == name && !symbol.is_imported)
            address = symbol.address;
        return !address;
    });
    return address;
}

// Removes an address of the file's word size from the front; nothing if the bytes are too few.
std::optional<std::uint64_t> take_address(std::string_view &bytes, bool is_32bit)
{
    const auto take = [&](auto number) -> std::optional<std::uint64_t> {
        if (bytes.size() < sizeof(number))
            return std::nullopt;
        std::memcpy(&number, bytes.data(), sizeof(number));
        bytes.remove_prefix(sizeof(number));
        return number;
    };
    return is_32bit ? take(std::uint32_t{}) : take(std::uint64_t{});
}

// Removes a string and its NUL from the front; nothing if there is no NUL.
std::optional<std::string> next_string(std::string_view &bytes)
{
    const std::size_t end = bytes.find('\0');
    if (end == bytes.npos)
        return std::nullopt;
    std::string string{bytes.substr(0, end)};
    bytes.remove_prefix(end + 1);
    return string;
}

// A space ends an argument, except within "[x29, 24]".
std::vector<usdt_arg_spec> parse_arguments(std::string_view text, const UsdtArgContext &place)
{
    std::vector<usdt_arg_spec> all;

    while (!text.empty() && all.size() < USDT_ARGS) {
        std::size_t end = 0;
        for (int depth = 0; end < text.size() && (text[end] != ' ' || depth > 0); end++)
            depth += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0;
        if (end > 0)
            all.push_back(parse_usdt_argument(text.substr(0, end), place));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

// Decodes a note. `base` is the address of .stapsdt.base: prelink(8) moves it with the rest of
// the file, but does not update the addresses in the notes.
UsdtProbe read_note(const ElfFile &elf, std::string_view bytes, std::optional<std::uint64_t> base)
{
    const auto location = take_address(bytes, elf.is_32bit()), noted_base = take_address(bytes, elf.is_32bit()),
               semaphore = take_address(bytes, elf.is_32bit());
    const auto provider = next_string(bytes), name = next_string(bytes), arguments = next_string(bytes);

    if (!location || !noted_base || !semaphore || !provider || !name || !arguments)
        throw_damaged(elf, "it is too short");
    if (provider->empty() || name->empty())
        throw_damaged(elf, "it has no name");
    const std::uint64_t moved = base && *noted_base ? *base - *noted_base : 0;
    UsdtProbe probe{.provider = *provider,
                    .name = *name,
                    .arguments = *arguments,
                    .args = {},
                    .location = *location + moved,
                    .is_32bit = elf.is_32bit()};
    const auto offset = elf.offset_of(probe.location);
    if (!offset)
        throw_damaged(elf,
                      fmt::format("{}:{} is at {:#x}, which is not in the file", *provider, *name, probe.location));
    probe.offset = *offset;
    if (*semaphore) {
        const auto found = elf.offset_of(*semaphore + moved);
        if (!found)
            throw_damaged(elf, fmt::format("the semaphore of {}:{} is at {:#x}, which is not in the file", *provider,
                                           *name, *semaphore + moved));
        probe.semaphore_offset = *found;
    }
    probe.args = parse_arguments(probe.arguments, {own_machine, probe.location, [&](const std::string &symbol) {
                                                       return symbol_address(elf, symbol);
                                                   }});
    return probe;
}

} // namespace

std::vector<UsdtProbe> read_usdt_probes(const std::string &path)
{
    const ElfFile elf{path};
    const auto section = elf.section_range(".stapsdt.base");
    const auto base = section ? std::optional{section->address} : std::nullopt;
    std::vector<UsdtProbe> probes;

    if (!elf.is_native())
        throw Error{exit_usage, "'{}' is for another architecture", path};
    if (!elf.for_each_note(".note.stapsdt", [&](const ElfNote &note) {
            if (note.type == note_type && note.owner == note_owner)
                probes.push_back(read_note(elf, note.description, base));
        }))
        throw_damaged(elf, "it exceeds its section");
    std::ranges::stable_sort(probes, {}, [](const UsdtProbe &p) { return std::tie(p.provider, p.name, p.location); });
    return probes;
}

} // namespace snoop::usdtsnoop

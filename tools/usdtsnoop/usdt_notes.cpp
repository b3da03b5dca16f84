// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/usdt_notes.hpp"
#include "base/error.hpp"
#include "symbols/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <unordered_map>
#include <utility>

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

// The addresses of a file's symbols, which are read when the first one is needed.
class Symbols {
public:
    explicit Symbols(const ElfFile &elf) : elf_(elf) {}

    std::optional<std::uint64_t> address_of(const std::string &name)
    {
        if (!std::exchange(is_read_, true))
            elf_.for_each_symbol([&](const ElfSymbol &symbol) {
                if (!symbol.is_imported)
                    addresses_.try_emplace(symbol.name, symbol.address);
                return true;
            });
        const auto found = addresses_.find(name);
        return found == addresses_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    const ElfFile &elf_;
    bool is_read_ = false;
    std::unordered_map<std::string_view, std::uint64_t> addresses_;
};

// The linker leaves the note of code that it discards, with the address 0.
bool has_code(const ElfFile &elf, std::uint64_t noted, std::uint64_t address)
{
    return noted != 0 && std::ranges::any_of(elf.segments(), [address](const ElfSegment &segment) {
               return segment.is_code && address >= segment.address && address - segment.address < segment.bytes;
           });
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

// Decodes a note, and returns whether its probe has code; if not, it has neither offsets nor `args`. `base` is the
// address of .stapsdt.base: prelink(8) moves it with the rest of the file, but does not update the addresses in the
// notes.
bool read_note(const ElfFile &elf, std::string_view bytes, std::optional<std::uint64_t> base, Symbols &symbols,
               UsdtProbe &probe)
{
    const auto location = take_address(bytes, elf.is_32bit()), noted_base = take_address(bytes, elf.is_32bit()),
               semaphore = take_address(bytes, elf.is_32bit());
    const auto provider = next_string(bytes), name = next_string(bytes), arguments = next_string(bytes);

    if (!location || !noted_base || !semaphore || !provider || !name || !arguments)
        throw_damaged(elf, "it is too short");
    if (provider->empty() || name->empty())
        throw_damaged(elf, "it has no name");
    const std::uint64_t moved = base && *noted_base ? *base - *noted_base : 0;
    probe = {.provider = *provider,
             .name = *name,
             .arguments = *arguments,
             .args = {},
             .location = *location + moved,
             .is_32bit = elf.is_32bit()};
    const auto offset = elf.offset_of(probe.location);
    if (!offset || !has_code(elf, *location, probe.location))
        return false;
    probe.offset = *offset;
    if (*semaphore) {
        const auto found = elf.offset_of(*semaphore + moved);
        if (!found)
            throw_damaged(elf, fmt::format("the semaphore of {}:{} is at {:#x}, which is not in the file", *provider,
                                           *name, *semaphore + moved));
        probe.semaphore_offset = *found;
    }
    probe.args = parse_arguments(probe.arguments, {own_machine, probe.location, [&](const std::string &symbol) {
                                                       return symbols.address_of(symbol);
                                                   }});
    return true;
}

} // namespace

std::vector<UsdtProbe> read_usdt_probes(const std::string &path, std::vector<UsdtProbe> *without_code,
                                        const std::string &shown)
{
    const ElfFile elf{path, shown.empty() ? path : shown};
    const auto section = elf.section_range(".stapsdt.base");
    const auto base = section ? std::optional{section->address} : std::nullopt;
    Symbols symbols{elf};
    std::vector<UsdtProbe> probes;

    if (!elf.is_native())
        throw Error{exit_usage, "'{}' is for another architecture", elf.path()};
    if (!elf.for_each_note(".note.stapsdt", [&](const ElfNote &note) {
            UsdtProbe probe;
            if (note.type != note_type || note.owner != note_owner)
                return;
            if (read_note(elf, note.description, base, symbols, probe))
                probes.push_back(std::move(probe));
            else if (without_code)
                without_code->push_back(std::move(probe));
        }))
        throw_damaged(elf, "it exceeds its section");
    std::ranges::stable_sort(probes, {}, [](const UsdtProbe &p) { return std::tie(p.provider, p.name, p.location); });
    return probes;
}

std::string names_of(const std::vector<UsdtProbe> &probes)
{
    constexpr std::size_t most = 3;
    std::string text;

    for (std::size_t i = 0; i < std::min(most, probes.size()); i++)
        text += fmt::format("{}{}:{}", i > 0 ? ", " : "", probes[i].provider, probes[i].name);
    return text + (probes.size() > most ? ", ..." : "");
}

std::string describe_without_code(const std::string &path, const std::vector<UsdtProbe> &probes)
{
    return fmt::format("'{}': skipped {} without code, which the linker has removed: {}", path,
                       probes.size() == 1 ? "a probe" : fmt::format("{} probes", probes.size()), names_of(probes));
}

} // namespace snoop::usdtsnoop

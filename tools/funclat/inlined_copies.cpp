// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/inlined_copies.hpp"
#include "funclat/demangle.hpp"
#include "symbols/debug_file.hpp"
#include "symbols/elf_file.hpp"

#include <fmt/format.h>

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop::funclat {
namespace {

constexpr std::uint64_t most_dwarf_bytes = 256 << 20;
constexpr std::chrono::seconds most_search_time{3};

struct DwarfEnd {
    void operator()(Dwarf *dwarf) const noexcept { dwarf_end(dwarf); }
};
using DwarfHandle = std::unique_ptr<Dwarf, DwarfEnd>;

// The bytes of a section once it is decompressed.
std::uint64_t decompressed_bytes(Elf_Scn *section, const GElf_Shdr &header)
{
    GElf_Chdr compressed;

    return (header.sh_flags & SHF_COMPRESSED) && gelf_getchdr(section, &compressed) ? compressed.ch_size
                                                                                    : header.sh_size;
}

// Why the debug information is not read; empty if it is. libdw would read it all into memory, and open the file that
// .gnu_debugaltlink names, whatever that is.
std::string objection_to(const ElfFile &elf)
{
    Elf *handle = elf.handle();
    std::size_t names = 0;
    std::uint64_t bytes = 0;
    bool has_info = false;

    elf_getshdrstrndx(handle, &names);
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(handle, section));) {
        GElf_Shdr header;
        const char *name_of = gelf_getshdr(section, &header) ? elf_strptr(handle, names, header.sh_name) : nullptr;
        const std::string_view name = name_of ? name_of : "";
        if (header.sh_type == SHT_NOBITS)
            continue;
        if (name == ".gnu_debugaltlink")
            return "part of its debug information is in another file (dwz)";
        if (!name.starts_with(".debug_") && !name.starts_with(".zdebug_"))
            continue;
        has_info |= name.ends_with("debug_info");
        const std::uint64_t added =
            header.sh_size <= most_dwarf_bytes ? decompressed_bytes(section, header) : header.sh_size;
        if (added > most_dwarf_bytes - bytes)
            return fmt::format("it has more than {} MiB of debug information", most_dwarf_bytes >> 20);
        bytes += added;
    }
    return has_info ? "" : "it has no debug information";
}

const char *dwarf_string(Dwarf_Die &die, unsigned attribute)
{
    Dwarf_Attribute found;

    return dwarf_formstring(dwarf_attr_integrate(&die, attribute, &found));
}

// "app::count" of a function without the name of its symbol, which g++ leaves out of static ones.
std::string qualified_name(Dwarf_Die function, const char *name)
{
    Dwarf_Attribute attribute;
    Dwarf_Die *found = nullptr;
    std::string all = name;

    // The scopes are those of the declaration.
    if (dwarf_attr(&function, DW_AT_specification, &attribute))
        dwarf_formref_die(&attribute, &function);
    const int count = dwarf_getscopes_die(&function, &found);
    const std::unique_ptr<Dwarf_Die, decltype(&std::free)> scopes{found, std::free};
    for (int i = 1; i < count; i++) {
        const int tag = dwarf_tag(&found[i]);
        const char *of_scope = dwarf_diename(&found[i]);
        if (tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type)
            all.insert(0, fmt::format("{}::", of_scope ? of_scope : "(anonymous namespace)"));
    }
    return all;
}

class CopySearch {
public:
    CopySearch(const ElfFile &elf, const std::string &text)
        : elf_(elf), text_(text.substr(0, text.find('@', 1))), written_(text_)
    {
        const std::string_view bare = std::string_view{text_}.substr(0, text_.find('(', 1));
        identifier_ = bare.substr(bare.rfind(':') + 1);
    }

    InlinedCopies count_in(Dwarf *dwarf)
    {
        Dwarf_Off next = 0;
        std::size_t header_bytes = 0;

        for (Dwarf_Off at = 0; dwarf_nextcu(dwarf, at, &next, &header_bytes, nullptr, nullptr, nullptr) == 0; at = next)
            if (Dwarf_Die unit; dwarf_offdie(dwarf, at + header_bytes, &unit) && !walk(unit))
                return {{},
                        fmt::format("its debug information takes more than {} s to search", most_search_time.count())};
        return std::move(copies_);
    }

private:
    // False if the time is over. Entries that are nested deeper than any compiler does are skipped.
    bool walk(Dwarf_Die die)
    {
        constexpr std::size_t most_depth = 256;
        std::vector<Dwarf_Die> above;
        Dwarf_Die next;

        for (;;) {
            if (++visited_ % 1024 == 0 && std::chrono::steady_clock::now() > end_)
                return false;
            if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
                count(die);
            if (above.size() < most_depth && dwarf_child(&die, &next) == 0) {
                above.push_back(die);
                die = next;
                continue;
            }
            while (above.empty() || dwarf_siblingof(&die, &next) != 0) {
                if (above.empty())
                    return true;
                die = above.back();
                above.pop_back();
            }
            die = next;
        }
    }

    void count(Dwarf_Die &copy)
    {
        Dwarf_Attribute attribute;
        Dwarf_Die origin;

        if (!dwarf_attr(&copy, DW_AT_abstract_origin, &attribute) || !dwarf_formref_die(&attribute, &origin))
            return;
        const auto [at, is_new] = wanted_.try_emplace(dwarf_dieoffset(&origin));
        if (is_new)
            at->second = wanted_name(origin);
        if (at->second && has_code(copy))
            copies_.counts[*at->second]++;
    }

    // The name under which the copies of a function are counted; nothing if the text does not mean it.
    [[nodiscard]] std::optional<std::string> wanted_name(Dwarf_Die &function) const
    {
        const char *symbol = dwarf_string(function, DW_AT_linkage_name);
        const char *name = dwarf_string(function, DW_AT_name);

        if (!symbol)
            symbol = dwarf_string(function, DW_AT_MIPS_linkage_name);
        if (symbol) {
            if (text_ == symbol)
                return text_;
            if (!written_.matches(symbol))
                return std::nullopt;
            const std::string readable = demangle(symbol);
            return readable.empty() ? symbol : readable;
        }
        if (!name)
            return std::nullopt;
        if (name == identifier_)
            return qualified_name(function, name) == text_.substr(0, text_.find('(', 1)) ? std::optional{text_}
                                                                                         : std::nullopt;
        const std::string_view of_go = name; // main.(*Sum).add, main.Sum[go.shape.int_0]
        const bool is_wanted =
            text_ == of_go || (of_go.starts_with(text_) && of_go.substr(text_.size()).starts_with('['));
        return is_wanted ? std::optional{text_} : std::nullopt;
    }

    // A copy that the compiler has removed again has no addresses, one that the linker has removed has none of code. Of
    // one that is merged with the code around it, only the address is left.
    [[nodiscard]] bool has_code(Dwarf_Die &copy) const
    {
        Dwarf_Addr base = 0, begin = 0, end = 0;

        for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&copy, at, &base, &begin, &end)) > 0;)
            if (std::ranges::any_of(elf_.segments(), [&](const ElfSegment &segment) {
                    return segment.is_code && begin >= segment.address && begin - segment.address < segment.bytes;
                }))
                return true;
        return false;
    }

    const ElfFile &elf_;
    std::string text_; // without a version
    WrittenName written_;
    std::string_view identifier_;                            // the last one of the text
    std::map<Dwarf_Off, std::optional<std::string>> wanted_; // by function
    InlinedCopies copies_;
    std::uint64_t visited_ = 0;
    const std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + most_search_time;
};

} // namespace

std::uint64_t InlinedCopies::total() const
{
    std::uint64_t sum = 0;

    for (const auto &[name, count] : counts)
        sum += count;
    return sum;
}

InlinedCopies count_inlined_copies(const std::string &file, const std::string &text, const std::string &shown)
{
    const ElfFile elf{file, shown};
    const auto debug = elf.section_range(".debug_info") ? nullptr : find_debug_file(elf);
    const ElfFile &with_dwarf = debug ? *debug : elf;

    if (std::string objection = objection_to(with_dwarf); !objection.empty())
        return {{}, std::move(objection)};
    const DwarfHandle dwarf{dwarf_begin_elf(with_dwarf.handle(), DWARF_C_READ, nullptr)};
    if (!dwarf)
        return {{}, fmt::format("its debug information cannot be read: {}", dwarf_errmsg(-1))};
    return CopySearch{elf, text}.count_in(dwarf.get());
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/elf_functions.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "base/suggest.hpp"

#include <elf.h>

#include <algorithm>
#include <map>
#include <set>

namespace snoop::funclat {

ElfFunctions::ElfFunctions(const std::string &file) : file_(file)
{
    const ElfFile elf{file};

    code_alignment_ = elf.code_alignment();
    std::ranges::copy_if(elf.segments(), std::back_inserter(code_), &ElfSegment::is_code);
    elf.for_each_symbol([&](const ElfSymbol &symbol) {
        if (symbol.type != STT_FUNC && symbol.type != STT_GNU_IFUNC)
            return true;
        if (symbol.is_imported)
            imported_.emplace_back(symbol.name);
        else if (symbol.type == STT_GNU_IFUNC)
            indirect_.emplace_back(symbol.name);
        else
            add(symbol);
        return true;
    });
}

void ElfFunctions::add(const ElfSymbol &symbol)
{
    for (const ElfSegment &segment : code_)
        if (symbol.address >= segment.address && symbol.address - segment.address < segment.bytes)
            symbols_.push_back(
                {std::string{symbol.name}, symbol.address - segment.address + segment.offset, symbol.is_old_version});
}

bool ElfFunctions::is_code(std::uint64_t offset) const
{
    return offset % code_alignment_ == 0 && std::ranges::any_of(code_, [&](const ElfSegment &segment) {
               return offset >= segment.offset && offset - segment.offset < segment.bytes;
           });
}

ElfFunction ElfFunctions::find(const std::string &name) const
{
    std::set<std::uint64_t> offsets, old;

    for (const Symbol &symbol : symbols_)
        if (symbol.name == name)
            (symbol.is_old_version ? old : offsets).insert(symbol.offset);
    if (offsets.empty())
        offsets = old;
    if (!offsets.empty())
        return {name, {offsets.begin(), offsets.end()}};
    if (std::ranges::find(indirect_, name) != indirect_.end())
        throw Error{exit_lacks,
                    "'{}' in '{}' is bound to one of several functions when a program starts (IFUNC): trace the one "
                    "that this CPU uses",
                    name, file_};
    if (std::ranges::find(imported_, name) != imported_.end())
        throw Error{exit_usage, "'{}' imports '{}' from a library: name the library instead", file_, name};
    Suggestions near{name};
    for (const Symbol &symbol : symbols_)
        near.consider(symbol.name);
    throw Error{exit_usage, "'{}' has no function '{}'{}", file_, name,
                symbols_.empty() ? ": the file is stripped; give BINARY:0xOFFSET" : near.hint()};
}

std::vector<ElfFunction> ElfFunctions::match(const std::string &pattern) const
{
    // If several names share an offset, keep the shortest: it has the fewest underscores.
    std::map<std::uint64_t, std::string> names;
    for (const Symbol &symbol : symbols_) {
        if (!matches_pattern(pattern, symbol.name))
            continue;
        std::string &name = names[symbol.offset];
        if (name.empty() || symbol.name.size() < name.size() ||
            (symbol.name.size() == name.size() && symbol.name < name))
            name = symbol.name;
    }
    if (names.empty())
        throw Error{exit_usage, "'{}' matches no function in '{}'", pattern, file_};
    std::map<std::string, ElfFunction> found;
    for (const auto &[offset, name] : names) {
        found[name].name = name;
        found[name].offsets.push_back(offset);
    }
    std::vector<ElfFunction> all;
    for (auto &[name, function] : found)
        all.push_back(std::move(function));
    return all;
}

} // namespace snoop::funclat

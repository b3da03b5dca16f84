// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/elf_functions.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "base/suggest.hpp"
#include "funclat/demangle.hpp"
#include "funclat/program_code.hpp"
#include "symbols/debug_file.hpp"

#include <elf.h>

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <utility>

namespace snoop::funclat {
namespace {

// As it is printed.
std::string readable(std::string_view symbol)
{
    std::string name = is_mangled(symbol) ? demangle(std::string{symbol}) : std::string{};

    return name.empty() ? std::string{symbol} : name;
}

// Names that share an offset: the shortest has the fewest underscores.
bool is_better(std::string_view name, std::string_view than)
{
    return std::pair{name.size(), name} < std::pair{than.size(), than};
}

std::vector<ElfFunction> by_name(const std::map<std::uint64_t, std::string> &names)
{
    std::map<std::string, ElfFunction> found;
    std::vector<ElfFunction> all;

    for (const auto &[offset, name] : names) {
        found[name].name = name;
        found[name].offsets.push_back(offset);
    }
    for (auto &[name, function] : found)
        all.push_back(std::move(function));
    return all;
}

// True for "main.Sum" and "main.Sum[go.shape.int_0]", an instance of a generic function of Go.
bool is_instance_of(std::string_view symbol, std::string_view name)
{
    return symbol.starts_with(name) && symbol.substr(name.size()).starts_with('[');
}

// The name of an instance, which is not a pattern, although it has brackets.
bool is_instance_name(std::string_view text) { return text.ends_with(']') && text.find("[go.shape.") != text.npos; }

// "memcpy@@GLIBC_2.14" is the version that programs get today, "memcpy@GLIBC_2.2.5" any of that number.
struct VersionedName {
    std::string_view name, version{};
    bool is_default = false;

    explicit VersionedName(std::string_view text) : name(text)
    {
        const auto at = text.find('@');
        if (at == text.npos || at == 0)
            return;
        name = text.substr(0, at);
        version = text.substr(at + 1);
        is_default = version.starts_with('@');
        if (is_default)
            version.remove_prefix(1);
    }

    [[nodiscard]] bool matches(const auto &symbol) const
    {
        return symbol.name == name && (version.empty() || symbol.version == version) &&
               !(is_default && symbol.is_old_version);
    }
};

} // namespace

ElfFunctions::ElfFunctions(const std::string &file, const std::string &shown) : elf_(file, shown)
{
    add_symbols(elf_);
    if (!elf_.section_range(".symtab") && (debug_ = find_debug_file(elf_)))
        add_symbols(*debug_);
    if (is_go_program(elf_) &&
        std::ranges::none_of(symbols_, [](const Symbol &symbol) { return symbol.name.starts_with("runtime."); }))
        add_functions_of_go();
}

void ElfFunctions::add_symbols(const ElfFile &file)
{
    file.for_each_symbol([&](const ElfSymbol &symbol) {
        if (symbol.type == STT_FUNC || symbol.type == STT_GNU_IFUNC)
            add(symbol);
        return true;
    });
}

void ElfFunctions::add_functions_of_go()
{
    go_.emplace(elf_);
    for (const GoFunctions::Function &function : go_->all())
        if (const auto offset = elf_.offset_of(function.address))
            symbols_.push_back({function.name, {}, *offset, false});
}

void ElfFunctions::add(const ElfSymbol &symbol)
{
    Symbol function{symbol.name, symbol.version, 0, symbol.is_old_version};

    if (symbol.is_imported) {
        imported_.push_back(function);
        return;
    }
    if (symbol.type == STT_GNU_IFUNC) {
        indirect_.push_back(function);
        return;
    }
    for (const ElfSegment &segment : elf_.segments())
        if (segment.is_code && symbol.address >= segment.address && symbol.address - segment.address < segment.bytes) {
            function.offset = symbol.address - segment.address + segment.offset;
            symbols_.push_back(function);
            return;
        }
}

bool ElfFunctions::is_code(std::uint64_t offset) const
{
    return offset % elf_.code_alignment() == 0 && std::ranges::any_of(elf_.segments(), [&](const ElfSegment &segment) {
               return segment.is_code && offset >= segment.offset && offset - segment.offset < segment.bytes;
           });
}

// Programs call the newest version of a function, so an older one is taken only if there is no other.
std::vector<ElfFunction> ElfFunctions::exact(std::string_view text) const
{
    const VersionedName wanted{text};
    std::set<std::uint64_t> offsets, old;

    for (const Symbol &symbol : symbols_)
        if (wanted.matches(symbol))
            (symbol.is_old_version ? old : offsets).insert(symbol.offset);
    if (offsets.empty())
        for (const Symbol &symbol : indirect_)
            if (wanted.matches(symbol) && (!symbol.is_old_version || old.empty()))
                throw_indirect(symbol);
    if (offsets.empty())
        offsets = std::move(old);
    if (offsets.empty())
        return {};
    return {{std::string{text}, {offsets.begin(), offsets.end()}}};
}

std::vector<ElfFunction> ElfFunctions::written(const std::string &text) const
{
    const WrittenName wanted{text};
    Names names;

    for (const Symbol &symbol : symbols_) {
        if (symbol.is_old_version || !(is_instance_of(symbol.name, text) || wanted.matches(std::string{symbol.name})))
            continue;
        std::string name = readable(symbol.name);
        std::string &known = names[symbol.offset];
        if (known.empty() || is_better(name, known))
            known = std::move(name);
    }
    return by_name(names);
}

std::vector<ElfFunction> ElfFunctions::match(const std::string &pattern) const
{
    const bool wants_parts = pattern.find(".cold") != pattern.npos;
    std::map<std::uint64_t, std::string_view> symbols; // by offset
    Names names;

    const auto matches = [&](std::string_view symbol) {
        const std::string name{symbol};
        return matches_pattern(pattern, name) ||
               (is_mangled(symbol) &&
                (matches_pattern(pattern, demangle(name)) || matches_pattern(pattern, demangle_briefly(name))));
    };
    // Parts that a compiler has split off a function belong to that function.
    for (const Symbol &symbol : symbols_) {
        if ((is_cold_part(symbol.name) && !wants_parts) || !matches(symbol.name))
            continue;
        std::string_view &known = symbols[symbol.offset];
        if (known.empty() || is_better(symbol.name, known))
            known = symbol.name;
    }
    if (symbols.empty())
        throw Error{exit_usage, "'{}' matches no function in '{}'", pattern, elf_.path()};
    for (const auto &[offset, symbol] : symbols)
        names.emplace(offset, readable(symbol));
    std::vector<ElfFunction> functions = by_name(names);
    add_aliases(functions);
    return functions;
}

// Compilers and linkers give one body to functions that are equal (identical code folding).
void ElfFunctions::add_aliases(std::vector<ElfFunction> &functions) const
{
    constexpr std::size_t most_aliases = 16;
    std::map<std::uint64_t, ElfFunction *> by_offset;

    for (ElfFunction &function : functions)
        for (const std::uint64_t offset : function.offsets)
            by_offset.emplace(offset, &function);
    for (const Symbol &symbol : symbols_) {
        const auto at = by_offset.find(symbol.offset);
        if (at == by_offset.end() || at->second->aliases.size() == most_aliases)
            continue;
        ElfFunction &function = *at->second;
        std::string name = readable(symbol.name);
        if (symbol.name != VersionedName{function.name}.name && name != function.name &&
            std::ranges::find(function.aliases, name) == function.aliases.end())
            function.aliases.push_back(std::move(name));
    }
    for (ElfFunction &function : functions)
        std::ranges::sort(function.aliases);
}

ElfSelection ElfFunctions::select(const std::string &text) const
{
    ElfSelection selection{false, exact(text)};
    const bool is_pattern = has_wildcard(text);
    // "f(char*)", "operator[]" and "operator*" are names with characters of a pattern.
    const bool may_be_written = !is_pattern || text.find('(') != text.npos || text.find("operator") != text.npos;

    if (selection.functions.empty() && may_be_written)
        selection.functions = written(text);
    if (selection.functions.empty() && is_pattern && !is_instance_name(text))
        return {true, match(text)};
    if (selection.functions.empty())
        throw_unknown(text);
    add_aliases(selection.functions);
    return selection;
}

void ElfFunctions::throw_indirect(const Symbol &symbol) const
{
    constexpr std::size_t most_named = 8;
    const std::string prefix = fmt::format("__{}_", symbol.name);
    std::set<std::string> names;

    for (const Symbol &one : symbols_)
        if (names.size() < most_named && one.name.starts_with(prefix))
            names.emplace(one.name);
    throw Error{exit_lacks,
                "'{}{}{}' in '{}' is bound to one of several functions when a program starts (IFUNC): trace the one "
                "that this CPU uses{}{}",
                symbol.name,
                symbol.version.empty()  ? ""
                : symbol.is_old_version ? "@"
                                        : "@@",
                symbol.version,
                elf_.path(),
                names.empty() ? "" : ", which may be ",
                fmt::join(names, ", ")};
}

void ElfFunctions::throw_unknown(const std::string &name) const
{
    const VersionedName wanted{name};
    const WrittenName wanted_written{name};
    Suggestions near{name};

    for (const Symbol &symbol : imported_)
        if (wanted.matches(symbol) || wanted_written.matches(std::string{symbol.name}))
            throw Error{exit_usage, "'{}' imports '{}' from a library: name the library instead", elf_.path(), name};
    for (const Symbol &symbol : symbols_) {
        if (symbol.name == wanted.name)
            near.consider(fmt::format("{}{}{}", symbol.name, symbol.is_old_version ? "@" : "@@", symbol.version));
        const std::string brief = is_mangled(symbol.name) ? demangle_briefly(std::string{symbol.name}) : std::string{};
        near.consider(brief.empty() ? symbol.name : std::string_view{brief});
    }
    if (const auto bracket = name.find('['); go_ && bracket != name.npos)
        for (const Symbol &symbol : symbols_)
            if (is_instance_of(symbol.name, name.substr(0, bracket)))
                throw Error{
                    exit_usage,
                    "'{}' is stripped, and Go's own table does not tell the instances of '{}' apart: give '{}', "
                    "which means them all",
                    elf_.path(), symbol.name, name.substr(0, bracket)};
    if (go_ && !go_->doubt().empty())
        throw Error{exit_usage, "'{}' is a stripped Go program, and {}: give BINARY:0xOFFSET", elf_.path(),
                    go_->doubt()};
    throw Error{exit_usage, "'{}' has no function '{}'{}", elf_.path(), name,
                symbols_.empty() ? ": the file is stripped; give BINARY:0xOFFSET" : near.hint()};
}

} // namespace snoop::funclat

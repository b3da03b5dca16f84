// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/kallsyms.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "base/suggest.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <string_view>

namespace snoop {
namespace {

// "ffffffff813f0f60 T vfs_read", followed by "<tab>[nf_tables]" in a module.
struct Symbol {
    std::uint64_t address;
    char type;
    std::string_view name, module;

    [[nodiscard]] bool is_code() const
    {
        return (type == 't' || type == 'T' || type == 'w' || type == 'W') && module != "bpf" &&
               !module.starts_with("__builtin__");
    }
};

std::optional<Symbol> symbol_of(std::string_view line)
{
    const auto type = line.find(' ');
    const auto tab = line.find('\t');
    Symbol symbol{};

    if (type == line.npos || type + 3 > line.size())
        return std::nullopt;
    std::from_chars(line.data(), line.data() + type, symbol.address, 16);
    symbol.type = line[type + 1];
    symbol.name = line.substr(type + 3, tab == line.npos ? tab : tab - type - 3);
    if (tab != line.npos && tab + 3 <= line.size())
        symbol.module = line.substr(tab + 2, line.size() - tab - 3);
    return symbol;
}

// True for symbols that are never called: the compiler's padding, and the rarely used parts of
// functions that it moves away.
bool is_artefact(std::string_view name)
{
    return name.starts_with("__pfx_") || name.starts_with("__cfi_") || name.starts_with("$") ||
           name.find(".cold") != name.npos;
}

// Returns whether the file could be opened.
template <class Each> bool for_each_line(const std::string &path, Each each)
{
    std::ifstream file{path};

    for (std::string line; std::getline(file, line);)
        each(std::string_view{line});
    return file.is_open();
}

template <class Each> void for_each_symbol(const std::string &path, Each each)
{
    const bool is_there = for_each_line(path, [&](std::string_view line) {
        if (const auto symbol = symbol_of(line))
            each(*symbol);
    });
    // A container or the sandbox of a service may hide it.
    if (!is_there)
        throw Error{exit_lacks, "cannot read {}, which lists the kernel's functions: {}", path, describe_errno(errno)};
}

// The number of traceable functions with each name; empty if the list cannot be read.
std::map<std::string, std::size_t, std::less<>> traceable_names(const std::string &path)
{
    std::map<std::string, std::size_t, std::less<>> names;

    for_each_line(path, [&](std::string_view line) { names[std::string{line.substr(0, line.find(' '))}]++; });
    return names;
}

std::set<std::string, std::less<>> forbidden_names(const std::string &path)
{
    std::set<std::string, std::less<>> names;

    for_each_line(path, [&](std::string_view line) {
        if (const auto tab = line.find('\t'); tab != line.npos)
            names.emplace(line.substr(tab + 1, line.find_first_of(" \t", tab + 1) - tab - 1));
    });
    return names;
}

} // namespace

KernelFunction KernelFunctions::find(const std::string &name) const
{
    KernelFunction found{name, {}};
    bool is_data = false;

    for_each_symbol(lists_.symbols, [&](const Symbol &symbol) {
        if (symbol.name != name)
            return;
        if (symbol.is_code())
            found.addresses.push_back(symbol.address);
        else
            is_data = true;
    });
    if (!found.addresses.empty())
        return found;
    if (is_data)
        throw Error{exit_usage, "'{}' of this kernel is data, not a function", name};
    Suggestions near{name};
    for_each_symbol(lists_.symbols, [&](const Symbol &symbol) {
        if (symbol.is_code() && !is_artefact(symbol.name))
            near.consider(symbol.name);
    });
    throw Error{exit_usage, "this kernel has no function '{}', or only inlined copies of it{}", name, near.hint()};
}

std::vector<KernelFunction> KernelFunctions::match(const std::string &pattern) const
{
    const auto traceable = traceable_names(lists_.traceable);
    const auto forbidden = forbidden_names(lists_.forbidden);
    std::map<std::string, KernelFunction, std::less<>> found;
    std::set<std::uint64_t> addresses;
    std::size_t untraceable = 0;

    for_each_symbol(lists_.symbols, [&](const Symbol &symbol) {
        const std::string name{symbol.name};
        if (!symbol.is_code() || is_artefact(name) || !matches_pattern(pattern, name))
            return;
        if (forbidden.contains(name) || (!traceable.empty() && !traceable.contains(name))) {
            untraceable++;
            return;
        }
        if (symbol.address != 0 && !addresses.insert(symbol.address).second)
            return;
        auto &function = found[name];
        function.name = name;
        function.addresses.push_back(symbol.address);
    });
    if (found.empty() && untraceable > 0)
        throw Error{exit_lacks, "'{}' matches {} functions of this kernel, none of which can be traced", pattern,
                    untraceable};
    if (found.empty())
        throw Error{exit_usage, "'{}' matches no function of this kernel", pattern};
    std::vector<KernelFunction> all;
    for (auto &[name, function] : found) {
        // If only some functions with this name can be traced, the list does not tell which.
        const auto count = traceable.find(name);
        if (count == traceable.end() || count->second >= function.addresses.size())
            all.push_back(std::move(function));
    }
    return all;
}

std::optional<std::string> KernelFunctions::untraceable_reason(const std::string &name) const
{
    if (forbidden_names(lists_.forbidden).contains(name))
        return "the kernel allows no kprobe on it, since kprobes depend on it (kprobe blacklist)";
    const auto traceable = traceable_names(lists_.traceable);
    if (!traceable.empty() && !traceable.contains(name))
        return "it was compiled without ftrace's instrumentation (notrace)";
    return std::nullopt;
}

} // namespace snoop

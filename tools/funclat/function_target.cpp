// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/function_target.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "funclat/elf_functions.hpp"
#include "funclat/program_code.hpp"
#include "symbols/binaries.hpp"

#include <charconv>
#include <map>
#include <optional>

namespace snoop::funclat {
namespace {

std::optional<std::uint64_t> offset_of(std::string_view function)
{
    std::uint64_t offset = 0;
    const char *end = function.data() + function.size();

    if (!function.starts_with("0x"))
        return std::nullopt;
    const auto [stop, err] = std::from_chars(function.data() + 2, end, offset, 16);
    return err == std::errc{} && stop == end ? std::optional{offset} : std::nullopt;
}

std::vector<ElfFunction> functions_in(const std::string &file, const std::string &function)
{
    const ElfFunctions all{file};

    if (const auto offset = offset_of(function)) {
        if (!all.is_code(*offset))
            throw Error{exit_usage, "'{}' has no code at offset {}", file, function};
        return {{function, {*offset}}};
    }
    if (!has_wildcard(function))
        return {all.find(function)};
    auto matching = all.match(function);
    // Parts that a compiler has split off a function belong to that function.
    std::erase_if(matching, [](const ElfFunction &one) { return is_cold_part(one.name); });
    return matching;
}

void find_in_programs(FunctionTarget &target, const std::string &binary, const std::string &function,
                      const std::vector<std::uint32_t> &pids)
{
    std::map<std::string, std::uint32_t> numbers;
    const auto add = [&](const std::string &file, pid_t pid) {
        for (const auto &[name, offsets] : functions_in(file, function)) {
            const auto [at, is_new] = numbers.try_emplace(name, static_cast<std::uint32_t>(target.names.size()));
            if (is_new)
                target.names.push_back(name);
            for (const std::uint64_t offset : offsets)
                target.points.push_back({file, pid, offset, at->second});
        }
    };

    target.is_pattern = has_wildcard(function);
    if (pids.empty()) {
        target.binary = find_binary(binary);
        add(target.binary, -1);
    }
    for (const std::uint32_t pid : pids)
        for (const auto &[path, file] : find_binaries_of(pid, binary)) {
            target.binary = path;
            add(file, static_cast<pid_t>(pid));
        }
}

void find_in_kernel(FunctionTarget &target)
{
    const KernelFunctions functions;

    if (target.text.find('/') != target.text.npos)
        throw Error{exit_usage, "'{}': a function of a program is BINARY:FUNCTION", target.text};
    target.is_pattern = has_wildcard(target.text);
    target.kernel = target.is_pattern ? functions.match(target.text) : std::vector{functions.find(target.text)};
    for (const KernelFunction &one : target.kernel)
        target.names.push_back(one.name);
}

} // namespace

bool is_user_function(const std::string &text) { return text.find(':') != text.npos; }

FunctionTarget find_functions(const std::string &text, const std::vector<std::uint32_t> &pids)
{
    const auto colon = text.rfind(':');
    FunctionTarget target{};

    target.text = text;
    if (colon == text.npos) {
        find_in_kernel(target);
        return target;
    }
    if (colon == 0 || colon + 1 == text.size())
        throw Error{exit_usage, "'{}' is not of the form BINARY:FUNCTION", text};
    find_in_programs(target, text.substr(0, colon), text.substr(colon + 1), pids);
    return target;
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/function_target.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "funclat/elf_functions.hpp"
#include "funclat/inlined_copies.hpp"
#include "symbols/binaries.hpp"

#include <unistd.h>

#include <charconv>
#include <map>
#include <optional>
#include <utility>

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

ElfSelection functions_in(const ElfFunctions &all, const std::string &function, const std::string &shown)
{
    if (const auto offset = offset_of(function)) {
        if (!all.is_code(*offset))
            throw Error{exit_usage, "'{}' has no code at offset {}", shown, function};
        return {false, {{function, {*offset}}}};
    }
    return all.select(function);
}

class ProgramSearch {
public:
    ProgramSearch(FunctionTarget &target, const std::string &function) : target_(target), function_(function) {}

    void add(const std::string &shown, const FileHandle &file, pid_t pid)
    {
        const auto [at, is_new] = known_.try_emplace(file.id());
        if (is_new) {
            at->second = {file.path(), select_in(file.path(), shown)};
            target_.files.push_back(file);
        }
        target_.binary = shown;
        const auto &[path, selection] = at->second;
        target_.is_pattern |= selection.is_pattern;
        for (const ElfFunction &function : selection.functions) {
            const std::uint32_t number = number_of(function);
            for (const std::uint64_t offset : function.offsets)
                target_.points.push_back({path, pid, offset, number});
        }
        if (is_new && !selection.is_pattern && !offset_of(function_))
            add_inlined(path, shown, selection.functions);
    }

private:
    struct Known {
        std::string path; // of the handle that is kept
        ElfSelection selection;
    };

    [[nodiscard]] ElfSelection select_in(const std::string &path, const std::string &shown) const
    {
        const ElfFunctions functions{path, shown};

        try {
            return functions_in(functions, function_, shown);
        } catch (const Error &error) {
            if (error.code() != exit_usage || has_wildcard(function_) || offset_of(function_))
                throw;
            if (const std::uint64_t copies = count_inlined_copies(path, function_, shown).total())
                throw Error{exit_lacks, "{}: it is inlined in {}, where no probe sees it", error.what(),
                            copies == 1 ? "one place" : fmt::format("{} places", copies)};
            throw;
        }
    }

    // Tells of copies that no probe sees.
    void add_inlined(const std::string &path, const std::string &shown, const std::vector<ElfFunction> &functions)
    {
        const InlinedCopies copies = count_inlined_copies(path, function_, shown);
        const auto tell = [this](const std::string &name, std::uint64_t count) {
            target_.notices.push_back(count == 1 ? fmt::format("one inlined copy of '{}' is not seen", name)
                                                 : fmt::format("{} inlined copies of '{}' are not seen", count, name));
        };

        if (!copies.unknown.empty()) {
            target_.details.push_back(
                fmt::format("'{}': inlined copies of '{}' are not known: {}", shown, function_, copies.unknown));
            return;
        }
        for (const auto &[name, count] : copies.counts)
            tell(name, count);
        for (const ElfFunction &function : functions) {
            const auto found = copies.counts.find(function.name);
            auto &known = target_.inlined[number_of(function)];
            known = known.value_or(0) + (functions.size() == 1          ? copies.total()
                                         : found == copies.counts.end() ? 0
                                                                        : found->second);
        }
    }

    std::uint32_t number_of(const ElfFunction &function)
    {
        const auto next = static_cast<std::uint32_t>(target_.names.size());
        const auto [at, is_new] = numbers_.try_emplace(function.name, next);

        if (is_new) {
            target_.names.push_back(function.name);
            target_.aliases.push_back(function.aliases);
            target_.inlined.emplace_back();
        }
        return at->second;
    }

    FunctionTarget &target_;
    const std::string &function_;
    std::map<std::pair<dev_t, ino_t>, Known> known_; // several processes often share a file
    std::map<std::string, std::uint32_t> numbers_;
};

void find_in_process(FunctionTarget &target, ProgramSearch &search, std::uint32_t pid, const std::string &binary)
{
    const std::size_t before = target.points.size();
    std::optional<Error> failed;
    std::string notice;

    for (const MappedBinary &one : find_binaries_of(pid, binary, &notice))
        try {
            search.add(one.path, one.handle, static_cast<pid_t>(pid));
        } catch (const Error &error) {
            if (!has_wildcard(binary))
                throw;
            failed = error; // some of the files that match have no such function
        }
    if (target.points.size() == before && failed)
        throw Error{*failed};
    if (!notice.empty())
        target.notices.push_back(notice);
}

void find_in_programs(FunctionTarget &target, const std::string &binary, const std::string &function,
                      const std::vector<std::uint32_t> &pids)
{
    ProgramSearch search{target, function};

    if (pids.empty()) {
        const std::string path = find_binary(binary);
        search.add(path, FileHandle::open(path), -1);
    }
    for (const std::uint32_t pid : pids)
        find_in_process(target, search, pid, binary);
}

// The offset at which the name begins in BINARY:FUNCTION; nothing if that is not the form. Both can have
// colons: "./a:b", "app::S::run", "f[abi:cxx11]", so the last colon that is not one of a pair, and before
// which there can be a file, counts.
std::optional<std::size_t> function_in(const std::string &text)
{
    std::optional<std::size_t> found;

    for (std::size_t end = text.size(); end > 0;) {
        const std::size_t colon = text.rfind(':', end - 1);
        if (colon == text.npos)
            break;
        std::size_t first = colon;
        while (first > 0 && text[first - 1] == ':')
            first--;
        end = first;
        if ((colon - first) % 2 != 0)
            continue;
        const std::string binary = text.substr(0, first);
        if (!found || binary.find_first_of(":/") == binary.npos || access(binary.c_str(), F_OK) == 0)
            found = first + 1;
        if (access(binary.c_str(), F_OK) == 0)
            break;
    }
    return found;
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
    FunctionTarget target{};

    target.text = text;
    if (!is_user_function(text)) {
        find_in_kernel(target);
        return target;
    }
    const auto function = function_in(text);
    if (!function || *function == 1 || *function == text.size())
        throw Error{exit_usage, "'{}' is not of the form BINARY:FUNCTION", text};
    find_in_programs(target, text.substr(0, *function - 1), text.substr(*function), pids);
    return target;
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/usdt_targets.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "symbols/binaries.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

namespace snoop::usdtsnoop {
namespace {

std::string base_name(const std::string &path) { return path.substr(path.rfind('/') + 1); }

} // namespace

UsdtPattern::UsdtPattern(std::string_view text)
{
    const auto name_at = text.rfind(':');
    const auto provider_at = name_at == text.npos || name_at == 0 ? text.npos : text.rfind(':', name_at - 1);

    if (provider_at == text.npos || provider_at == 0 || provider_at + 1 == name_at || name_at + 1 == text.size())
        throw Error{exit_usage,
                    "'{}' is not of the form BINARY:PROVIDER:NAME; `usdtsnoop --list BINARY` lists its probes", text};
    binary = text.substr(0, provider_at);
    provider = text.substr(provider_at + 1, name_at - provider_at - 1);
    name = text.substr(name_at + 1);
}

bool UsdtPattern::matches(const std::string &its_provider, const std::string &its_name) const
{
    return matches_pattern(provider, its_provider) && matches_pattern(name, its_name);
}

bool UsdtPattern::matches(const std::string &path, const std::string &its_provider, const std::string &its_name) const
{
    return (binary.find('/') == binary.npos ? matches_pattern(binary, base_name(path)) : binary == path) &&
           matches(its_provider, its_name);
}

UsdtTargets::UsdtTargets(const std::vector<UsdtPattern> &patterns, const std::vector<std::uint32_t> &pids)
{
    for (const UsdtPattern &pattern : patterns) {
        if (pids.empty())
            add(pattern, 0);
        for (const std::uint32_t pid : pids)
            add(pattern, pid);
    }
}

void UsdtTargets::add(const UsdtPattern &pattern, std::uint32_t pid)
{
    Matches matches;
    std::string notice;

    if (pid == 0) {
        const std::string path = find_binary(pattern.binary);
        files_.push_back(FileHandle::open(path));
        add_file(pattern, pid, path, files_.back().path(), matches);
    } else {
        for (const auto &[path, file, handle] : find_binaries_of(pid, pattern.binary, &notice))
            try {
                files_.push_back(handle);
                add_file(pattern, pid, path, file, matches);
            } catch (const Error &) {
                if (!has_wildcard(pattern.binary))
                    throw; // a wildcard may match files without probes, or other than ELF files
            }
    }
    if (!notice.empty())
        add_notice(notice);
    if (matches.count > 0)
        return;
    if (!matches.without_code.empty())
        throw Error{exit_usage, "{}", describe_without_code(pattern.binary, matches.without_code)};
    throw Error{exit_usage,     "'{}' has no probe {}:{}; `usdtsnoop {}--list {}` lists its probes",
                pattern.binary, pattern.provider,
                pattern.name,   pid ? fmt::format("-p {} ", pid) : "",
                pattern.binary};
}

void UsdtTargets::add_file(const UsdtPattern &pattern, std::uint32_t pid, const std::string &path,
                           const std::string &file, Matches &matches)
{
    const auto is_other = [&](const UsdtProbe &probe) { return !pattern.matches(probe.provider, probe.name); };
    struct stat about {};
    std::vector<UsdtProbe> without_code;

    stat(file.c_str(), &about);
    for (UsdtProbe &probe : read_usdt_probes(file, &without_code, path)) {
        if (is_other(probe))
            continue;
        matches.count++;
        const std::size_t site = number_of({about.st_dev, about.st_ino, probe.offset}, path, std::move(probe));
        if (hooked_.emplace(pid, site).second)
            hooks_.push_back({pid, file, site});
    }
    std::erase_if(without_code, is_other);
    if (!without_code.empty())
        add_notice(describe_without_code(path, without_code));
    std::ranges::move(without_code, std::back_inserter(matches.without_code));
}

std::size_t UsdtTargets::number_of(const InodeOffset &place, const std::string &path, UsdtProbe &&probe)
{
    const auto [known, is_new] =
        numbers_.try_emplace({place, probe.provider, probe.name, probe.arguments}, sites_.size());

    if (!is_new)
        return known->second;
    const std::size_t first_here = first_at_.try_emplace(place, sites_.size()).first->second;
    sites_.push_back({path, std::move(probe), first_here});
    if (first_here < known->second)
        share_semaphore(first_here, known->second);
    return known->second;
}

void UsdtTargets::share_semaphore(std::size_t first_here, std::size_t number)
{
    UsdtProbe &first = sites_[first_here].probe;
    const UsdtProbe &added = sites_[number].probe;

    if (first.semaphore_offset == 0)
        first.semaphore_offset = added.semaphore_offset;
    else if (added.semaphore_offset && first.semaphore_offset != added.semaphore_offset)
        add_notice(fmt::format("{}:{} and {}:{} are at one address of '{}', for which the kernel takes one semaphore: "
                               "only that of the first is incremented",
                               first.provider, first.name, added.provider, added.name, sites_[number].binary));
}

void UsdtTargets::add_notice(std::string text)
{
    if (std::ranges::find(notices_, text) == notices_.end())
        notices_.push_back(std::move(text));
}

usdt_site usdt_site_of(const UsdtSite &found)
{
    const UsdtProbe &probe = found.probe;
    usdt_site site{};

    // Leave room for both names with their NULs, and for "..." and a path.
    if (probe.provider.size() + probe.name.size() + 2 + 4 > sizeof(site.names))
        throw Error{exit_usage, "'{}' has a probe whose name is too long: {}:{}", found.binary, probe.provider,
                    probe.name};
    const std::size_t room = sizeof(site.names) - probe.provider.size() - probe.name.size() - 3;
    std::string names = found.binary;
    if (names.size() > room)
        names.replace(0, names.size() - room + 3, "...");
    names += '\0' + probe.provider + '\0' + probe.name + '\0';
    std::copy(names.begin(), names.end(), site.names);
    site.names_len = static_cast<std::uint16_t>(names.size());
    site.location = probe.location;
    site.is_32bit = probe.is_32bit;
    site.arg_count = static_cast<std::uint8_t>(probe.args.size());
    std::ranges::copy(probe.args, site.args);
    return site;
}

} // namespace snoop::usdtsnoop

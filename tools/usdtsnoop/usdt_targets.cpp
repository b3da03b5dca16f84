// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/usdt_targets.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "symbols/binaries.hpp"

#include <sys/stat.h>

#include <algorithm>

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
    std::size_t count = 0;

    if (pid == 0) {
        const std::string path = find_binary(pattern.binary);
        count = add_file(pattern, pid, path, path);
    } else {
        for (const auto &[path, file, handle] : find_binaries_of(pid, pattern.binary))
            try {
                files_.push_back(handle);
                count += add_file(pattern, pid, path, file);
            } catch (const Error &) {
                if (!has_wildcard(pattern.binary))
                    throw; // a wildcard may match files without probes, or other than ELF files
            }
    }
    if (count == 0)
        throw Error{exit_usage,     "'{}' has no probe {}:{}; `usdtsnoop {}--list {}` lists its probes",
                    pattern.binary, pattern.provider,
                    pattern.name,   pid ? fmt::format("-p {} ", pid) : "",
                    pattern.binary};
}

std::size_t UsdtTargets::add_file(const UsdtPattern &pattern, std::uint32_t pid, const std::string &path,
                                  const std::string &file)
{
    struct stat about {};
    std::size_t count = 0;

    for (UsdtProbe &probe : read_usdt_probes(file)) {
        if (!pattern.matches(probe.provider, probe.name))
            continue;
        count++;
        stat(file.c_str(), &about);
        const InodeOffset place{about.st_dev, about.st_ino, probe.offset};
        const auto known = std::ranges::find(places_, place);
        const UsdtAttachment hook{pid, file, static_cast<std::size_t>(known - places_.begin())};
        if (known == places_.end()) {
            places_.push_back(place);
            sites_.push_back({path, std::move(probe)});
        }
        if (std::ranges::none_of(hooks_, [&](const UsdtAttachment &h) { return h.pid == pid && h.site == hook.site; }))
            hooks_.push_back(hook);
    }
    return count;
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

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/sites.hpp"
#include "funclat/program_code.hpp"

#include <set>
#include <utility>

namespace snoop::funclat {
namespace {

funclat_site entry_site(std::uint32_t function, funclat_site_kind kind, std::uint64_t pushed)
{
    funclat_site site{};

    site.function = function;
    site.kind = static_cast<std::uint8_t>(kind);
    site.pushed = static_cast<std::uint16_t>(pushed);
    return site;
}

// True if FUNCLAT_OFFSET_BITS tell the sites of a function apart.
bool is_told_apart(const FunctionBody &body)
{
    std::set<std::uint64_t> seen{body.entry.address & FUNCLAT_OFFSET_BITS};

    for (const FunctionExit &exit : body.exits)
        if (!seen.insert(exit.address & FUNCLAT_OFFSET_BITS).second)
            return false;
    return true;
}

} // namespace

Sites find_sites(const FunctionTarget &target, bool has_cookies)
{
    std::map<std::string, ProgramCode> codes; // by file
    std::map<std::pair<std::string, std::uint64_t>, FunctionBody> bodies;
    Sites sites;

    for (const auto &[file, pid, offset, function] : target.points) {
        const auto code = codes.try_emplace(file, file).first;
        const auto [at, is_new] = bodies.try_emplace({file, offset});
        FunctionBody &body = at->second;
        if (is_new) {
            body = code->second.body_at(offset);
            if (body.doubt.empty() && !has_cookies && (target.points.size() > 1 || !is_told_apart(body)))
                body.doubt = "this kernel cannot tell its returns apart (Linux 5.15 can)";
        }
        if (!body.doubt.empty()) {
            sites.untimed.emplace(function, body.doubt);
            sites.all.push_back({file, pid, offset, entry_site(function, FUNCLAT_ENTRY_UNTIMED, 0)});
            continue;
        }
        for (const FunctionExit &exit : body.exits) {
            Site &added = sites.all.emplace_back(Site{file, pid, exit.address, exit.site});
            added.value.function = function;
            added.value.is_go = body.is_go;
        }
        Site &entry = sites.all.emplace_back(
            Site{file, pid, body.entry.address, entry_site(function, FUNCLAT_ENTRY, body.entry.pushed)});
        entry.value.is_go = body.is_go;
    }
    return sites;
}

void report(const Log &log, const FunctionTarget &target, const std::map<std::uint32_t, std::string> &functions,
            std::string_view are_what)
{
    constexpr std::size_t few = 3;

    if (functions.size() > few && !log.verbose()) {
        log.line("calls of {} functions {}; -v names them", functions.size(), are_what);
        return;
    }
    for (const auto &[function, reason] : functions)
        log.line("calls of '{}' {}: {}", target.names[function], are_what, reason);
}

} // namespace snoop::funclat

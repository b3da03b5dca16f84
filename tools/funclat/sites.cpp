// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/sites.hpp"
#include "base/error.hpp"
#include "funclat/program_code.hpp"

#include <algorithm>
#include <iterator>
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

// "812 ns", "10.4 us"
std::string duration(std::uint64_t ns)
{
    return ns < 1000 ? fmt::format("{} ns", ns) : fmt::format("{:.1f} us", static_cast<double>(ns) / 1000);
}

// "812 ns" or "812 ns to 10.4 us"
std::string span_of(const std::map<std::uint32_t, CallCost> &costs, std::uint64_t CallCost::*member)
{
    std::uint64_t least = UINT64_MAX, most = 0;

    for (const auto &[function, cost] : costs) {
        least = std::min(least, cost.*member);
        most = std::max(most, cost.*member);
    }
    return least == most ? duration(least) : fmt::format("{} to {}", duration(least), duration(most));
}

// Says in which processes the breakpoints are: whoever executes them pays.
std::string payers_of(const Sites &sites)
{
    std::set<pid_t> pids;

    for (const Site &site : sites.all)
        pids.insert(site.pid);
    if (pids.contains(-1))
        return "in every process that maps the file";
    return pids.size() == 1 ? fmt::format("in process {} alone", *pids.begin())
                            : fmt::format("in {} processes alone", pids.size());
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
            sites.all.push_back(
                {file, pid, offset, entry_site(function, FUNCLAT_ENTRY_UNTIMED, 0), Execution::stepped});
            continue;
        }
        for (const FunctionExit &exit : body.exits) {
            Site &added = sites.all.emplace_back(Site{file, pid, exit.address, exit.site, exit.execution});
            added.value.function = function;
            added.value.is_go = body.is_go;
        }
        Site &entry =
            sites.all.emplace_back(Site{file, pid, body.entry.address,
                                        entry_site(function, FUNCLAT_ENTRY, body.entry.pushed), body.entry.execution});
        entry.value.is_go = body.is_go;
    }
    return sites;
}

Sites entries_of(const Sites &sites)
{
    Sites entries;

    std::ranges::copy_if(sites.all, std::back_inserter(entries.all), [](const Site &site) {
        return site.value.kind == FUNCLAT_ENTRY || site.value.kind == FUNCLAT_ENTRY_UNTIMED;
    });
    return entries;
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

void report_refused(const Log &log, const FunctionTarget &target, const std::map<std::uint32_t, std::string> &functions,
                    bool are_all)
{
    report(log, target, functions, "are not counted, since the kernel refuses the probe");
    if (are_all)
        throw Error{exit_lacks, "no function that '{}' names takes a probe", target.text};
}

void report_costs(const Log &log, const FunctionTarget &target, const Sites &sites, bool gross)
{
    std::map<std::uint32_t, std::size_t> exits;

    if (sites.costs.empty())
        return;
    if (std::ranges::all_of(sites.all, [](const Site &site) { return is_entry(site.value); })) {
        log.line("probes at entries: a call takes {} longer {}", span_of(sites.costs, &CallCost::call_ns),
                 payers_of(sites));
        return;
    }
    log.line("probes at entries and returns: a call takes {} longer {}; its time is shown {} {} of that",
             span_of(sites.costs, &CallCost::call_ns), payers_of(sites), gross ? "with" : "without",
             span_of(sites.costs, &CallCost::overhead_ns));
    for (const Site &site : sites.all) {
        const std::uint32_t function = site.value.function;
        if (!is_entry(site.value)) {
            ++exits[function];
            continue;
        }
        const CallCost &cost = sites.costs.at(function);
        log.detail("'{}': a probe at 0x{:x}, which the kernel {}, and {} where calls end: {} a call, {} of it measured",
                   target.names[function], site.offset,
                   site.execution == Execution::stepped ? "single-steps" : "emulates",
                   std::exchange(exits[function], 0), duration(cost.call_ns), duration(cost.overhead_ns));
    }
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/lsm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace snoop::lsm {
namespace {

std::vector<std::string> names_in(std::string_view list)
{
    std::istringstream text{std::string{list.substr(0, list.find('\n'))}};
    std::vector<std::string> names;

    for (std::string name; std::getline(text, name, ',');)
        names.push_back(name);
    return names;
}

} // namespace

std::optional<std::string> active()
{
    std::ifstream file{"/sys/kernel/security/lsm"};
    std::string line;

    return std::getline(file, line) ? std::optional{line} : std::nullopt;
}

bool has_bpf(std::string_view list)
{
    const auto names = names_in(list);
    return std::ranges::find(names, "bpf") != names.end();
}

std::string how_to_enable(const std::optional<std::string> &active)
{
    if (!active)
        return "add bpf to the list lsm=… on the kernel's command line; the active list is in /sys/kernel/security/lsm "
               "(`mount -t securityfs securityfs /sys/kernel/security`)";
    auto names = names_in(*active);
    std::erase(names, "capability"); // always active, never on the command line
    names.emplace_back("bpf");
    return fmt::format("add bpf to the kernel's command line: lsm={} (the active list from "
                       "/sys/kernel/security/lsm plus bpf)",
                       fmt::join(names, ","));
}

} // namespace snoop::lsm

// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/editable_maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace snoop {
namespace {

constexpr std::array<std::pair<std::string_view, const char *>, 11> editable{{
    {"uid_filter", "users of --uid"},
    {"pid_filter", "processes of --pid"},
    {"tid_filter", "threads of --tid"},
    {"ppid_filter", "parents of --ppid"},
    {"comm_filter", "names of --comm"},
    {"errno_filter", "errors of --errno"},
    {"guards", "guarded inodes"},
    {"drop_port", "protocols and ports of --drop, if some were given"},
    {"drop_ipv4", "IPv4 networks of --drop, if some were given"},
    {"drop_ipv6", "IPv6 networks of --drop, if some were given"},
    {"drop_tcp_flags", "TCP flags of --drop, if some were given"},
}};

} // namespace

const char *what_map_holds(std::string_view name)
{
    const auto *const at = std::ranges::find(editable, name, &decltype(editable)::value_type::first);
    return at == editable.end() ? nullptr : at->second;
}

void report_editable_maps(const Log &log, bpf_object *object)
{
    bpf_map *map = nullptr;

    if (!log.verbose())
        return;
    bpf_object__for_each_map(map, object)
    {
        bpf_map_info info{};
        std::uint32_t size = sizeof(info);
        const char *holds = what_map_holds(bpf_map__name(map));
        if (holds && bpf_map__fd(map) >= 0 && bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size) == 0)
            log.detail("map: {} ({}) can be edited by `bpftool map update id {}`", bpf_map__name(map), holds, info.id);
    }
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/running_maps.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/own_program.hpp"
#include "libbpf/editable_maps.hpp"
#include "snoop-doctor/holders.hpp"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>

namespace snoop {
namespace {

// A map that is gone by now has no name.
std::string name_of(std::uint32_t id)
{
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    const Fd fd{bpf_map_get_fd_by_id(id)};

    return fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 ? info.name : "";
}

} // namespace

std::vector<RunningMap> editable_maps(const std::vector<std::string> &tools)
{
    std::vector<RunningMap> maps;
    std::uint32_t any = 0;

    if (bpf_map_get_next_id(0, &any) != 0 && errno == EPERM)
        throw Error{exit_lacks, "--maps needs root (CAP_SYS_ADMIN): run `sudo {} --maps`",
                    kernel::command_for_sudo("snoop-doctor")};
    for (const Holder &holder : holders_of("map_id")) {
        if (std::ranges::find(tools, holder.comm) == tools.end())
            continue;
        const std::string name = name_of(holder.id);
        if (const char *holds = what_map_holds(name))
            maps.push_back({holder.comm, holder.pid, holder.id, name, holds});
    }
    return maps;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/running_programs.hpp"
#include "base/fd.hpp"
#include "snoop-doctor/tool_processes.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <optional>
#include <thread>

namespace snoop {
namespace {

// The kernel's counters of a program; empty if it has been unloaded.
std::optional<bpf_prog_info> info_of(std::uint32_t id)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const Fd fd{bpf_prog_get_fd_by_id(id)};

    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
        return std::nullopt;
    return info;
}

} // namespace

std::vector<RunningProgram> measure_programs(const std::vector<std::string> &tools, std::chrono::milliseconds time)
{
    std::vector<RunningProgram> programs;
    const Fd statistics{bpf_enable_stats(BPF_STATS_RUN_TIME)}; // 5.8

    for (const HeldObject &held : held_objects(tools, "prog_id")) {
        const auto info = info_of(held.id);
        const char *type = info ? libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(info->type)) : nullptr;
        if (info)
            programs.push_back({held.tool, held.pid, held.id, info->name, type ? type : "?", info->run_cnt,
                                info->run_time_ns, info->recursion_misses});
    }
    if (programs.empty())
        return programs;

    std::this_thread::sleep_for(time);
    std::erase_if(programs, [](RunningProgram &program) {
        const auto info = info_of(program.id);
        if (info) {
            program.runs = info->run_cnt - program.runs;
            program.run_ns = info->run_time_ns - program.run_ns;
            program.skipped = info->recursion_misses;
        }
        return !info;
    });
    return programs;
}

} // namespace snoop

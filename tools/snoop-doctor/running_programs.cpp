// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/running_programs.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

namespace snoop {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint32_t> number(std::string_view text)
{
    std::uint32_t value = 0;
    const auto [stop, err] = std::from_chars(text.data(), text.data() + text.size(), value);
    return err == std::errc{} && stop == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

// IDs of the programs for which a process holds a descriptor, of the program itself or of a link.
std::set<std::uint32_t> programs_of(const fs::path &process)
{
    std::set<std::uint32_t> ids;
    std::error_code err;

    for (const auto &entry : fs::directory_iterator{process / "fdinfo", err}) {
        std::ifstream info{entry.path()};
        for (std::string line; std::getline(info, line);) {
            constexpr std::string_view key = "prog_id:\t";
            if (line.starts_with(key))
                if (const auto id = number(std::string_view{line}.substr(key.size())))
                    ids.insert(*id);
        }
    }
    return ids;
}

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
    std::error_code err;

    for (const auto &entry : fs::directory_iterator{"/proc", err}) {
        const auto pid = number(entry.path().filename().string());
        const std::string comm = pid ? kernel::setting((entry.path() / "comm").c_str()) : "";
        if (std::ranges::find(tools, comm) == tools.end())
            continue;
        for (const std::uint32_t id : programs_of(entry.path())) {
            const auto info = info_of(id);
            const char *type = info ? libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(info->type)) : nullptr;
            if (info)
                programs.push_back({comm, static_cast<pid_t>(*pid), id, info->name, type ? type : "?", info->run_cnt,
                                    info->run_time_ns, info->recursion_misses});
        }
    }
    std::ranges::sort(programs, {}, [](const RunningProgram &p) { return std::pair{p.pid, p.id}; });
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

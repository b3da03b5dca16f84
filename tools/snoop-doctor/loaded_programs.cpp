// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/loaded_programs.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/own_program.hpp"
#include "kernel/system.hpp"
#include "snoop-doctor/holders.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <map>
#include <memory>
#include <thread>
#include <tuple>

namespace snoop {
namespace {

constexpr std::size_t longest_name = BPF_OBJ_NAME_LEN - 1;

// Nothing if the program has been unloaded.
std::optional<bpf_prog_info> info_of(std::uint32_t id)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const Fd fd{bpf_prog_get_fd_by_id(id)};

    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
        return std::nullopt;
    return info;
}

// The name of the program's function in its BTF, of any length; empty if it has none.
std::string function_name(std::uint32_t id)
{
    bpf_func_info function{};
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const Fd fd{bpf_prog_get_fd_by_id(id)};

    info.nr_func_info = 1; // the first is the program, the others are called by it
    info.func_info_rec_size = sizeof(function);
    info.func_info = reinterpret_cast<std::uintptr_t>(&function);
    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || info.nr_func_info == 0)
        return "";
    const std::unique_ptr<btf, void (*)(btf *)> types{btf__load_from_kernel_by_id(info.btf_id), btf__free};
    const btf_type *type = types ? btf__type_by_id(types.get(), function.type_id) : nullptr;
    const char *name = type ? btf__name_by_offset(types.get(), type->name_off) : nullptr;
    return name ? name : "";
}

// The kernel keeps 15 bytes of the name. What is that long may have been cut.
std::string name_of(const bpf_prog_info &info)
{
    const std::string name{info.name};
    const std::string whole = name.size() == longest_name ? function_name(info.id) : "";

    return whole.starts_with(name) ? whole : name;
}

bool kernel_counts() { return kernel::setting("/proc/sys/kernel/bpf_stats_enabled") == "1"; }

// The counters since the programs were loaded, and when they were read.
struct Sample {
    std::uint64_t runs, run_ns;
    std::int64_t at_ns;
};

std::map<std::uint32_t, Sample> sample(std::vector<LoadedProgram> &programs)
{
    std::map<std::uint32_t, Sample> samples;

    for (LoadedProgram &program : programs)
        if (const auto info = info_of(program.id)) {
            samples[program.id] = {info->run_cnt, info->run_time_ns, kernel::clock_ns(CLOCK_MONOTONIC)};
            program.skipped = info->recursion_misses;
        }
    return samples;
}

ProgramCost difference(const Sample &first, const Sample &last)
{
    return {last.runs - first.runs, last.run_ns - first.run_ns, static_cast<double>(last.at_ns - first.at_ns) / 1e9};
}

// Sorts the most expensive program to the front.
auto rank(const LoadedProgram &program)
{
    const ProgramCost cost = program.cost.value_or(ProgramCost{0, 0, 1});
    return std::tuple{-cost.cpu_percent(), -cost.runs_per_s(), program.id};
}

LoadedProgram described(const bpf_prog_info &info)
{
    const char *type = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(info.type));

    return {.id = info.id,
            .name = name_of(info),
            .type = type ? type : std::to_string(info.type),
            .held_by = HeldBy::other,
            .skipped = info.recursion_misses};
}

void add_owners(std::vector<LoadedProgram> &programs)
{
    std::map<std::uint32_t, LoadedProgram *> by_id;

    for (LoadedProgram &program : programs)
        by_id[program.id] = &program;
    for (const std::uint32_t pinned : pinned_programs())
        if (const auto found = by_id.find(pinned); found != by_id.end())
            found->second->held_by = HeldBy::pin;
    for (const Holder &holder : holders_of("prog_id")) {
        const auto found = by_id.find(holder.id);
        if (found == by_id.end())
            continue;
        LoadedProgram &program = *found->second;
        program.held_by = HeldBy::process;
        if (program.holders++ == 0) {
            program.pid = holder.pid;
            program.comm = holder.comm;
        }
    }
}

} // namespace

std::vector<LoadedProgram> loaded_programs(std::string_view who)
{
    std::vector<LoadedProgram> programs;
    std::uint32_t id = 0;

    while (bpf_prog_get_next_id(id, &id) == 0)
        if (const auto info = info_of(id))
            programs.push_back(described(*info));
    if (programs.empty() && errno == EPERM)
        throw Error{exit_lacks, "{} needs root (CAP_SYS_ADMIN): run `sudo {} {}`", who,
                    kernel::command_for_sudo("snoop-doctor"), who};
    if (!programs.empty())
        add_owners(programs);
    return programs;
}

Check check_programs()
{
    std::map<std::string, std::size_t> owners;
    std::vector<LoadedProgram> programs;

    try {
        programs = loaded_programs("--programs");
    } catch (const Error &) {
        return {std::string{programs_check}, State::unknown, "they cannot be listed", "run it as root"};
    }
    for (const LoadedProgram &program : programs)
        owners[program.held_by == HeldBy::process ? program.comm
               : program.held_by == HeldBy::pin   ? "pinned"
                                                  : "others"]++;
    std::string found = programs.empty() ? "none is loaded" : fmt::format("{} loaded: ", programs.size());
    for (const auto &[owner, count] : owners)
        found += fmt::format("{}{} {}", owner == owners.begin()->first ? "" : ", ", owner, count);
    if (!programs.empty())
        found += "; --programs shows what they cost";
    return {std::string{programs_check}, State::ok, std::move(found)};
}

void measure(std::vector<LoadedProgram> &programs, std::chrono::milliseconds time)
{
    if (programs.empty())
        return;
    const Fd statistics{bpf_enable_stats(BPF_STATS_RUN_TIME)}; // 5.8
    const bool are_counted = statistics || kernel_counts();
    const auto first = sample(programs);
    if (are_counted)
        std::this_thread::sleep_for(time);
    const auto last = sample(programs);

    std::erase_if(programs, [&](const LoadedProgram &program) { return !last.contains(program.id); });
    for (LoadedProgram &program : programs)
        if (are_counted && first.contains(program.id))
            program.cost = difference(first.at(program.id), last.at(program.id));
    std::ranges::sort(programs, {}, rank);
}

} // namespace snoop

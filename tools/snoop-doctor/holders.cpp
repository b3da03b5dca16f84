// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/holders.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"

#include <bpf/bpf.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <mntent.h>
#include <optional>
#include <system_error>

namespace snoop {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view program_id = "prog_id";

std::optional<std::uint32_t> number(std::string_view text)
{
    std::uint32_t value = 0;
    const auto [stop, err] = std::from_chars(text.data(), text.data() + text.size(), value);
    return err == std::errc{} && stop == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

// The value of a line "prog_id:\t17".
std::optional<std::uint32_t> id_in(const fs::path &fdinfo, std::string_view field)
{
    std::ifstream info{fdinfo};

    for (std::string line; std::getline(info, line);)
        if (line.starts_with(field) && line.substr(field.size(), 2) == ":\t")
            return number(std::string_view{line}.substr(field.size() + 2));
    return std::nullopt;
}

// The program of a perf event, or of a raw tracepoint before 5.7; fdinfo does not have it.
std::optional<std::uint32_t> asked_id(pid_t pid, int fd)
{
    std::uint32_t length = 0, id = 0, type = 0;
    __u64 offset = 0, address = 0;

    return bpf_task_fd_query(pid, fd, 0, nullptr, &length, &id, &type, &offset, &address) == 0 ? std::optional{id}
                                                                                               : std::nullopt;
}

// The id of the object behind a descriptor. Few descriptors are of BPF; what they are is read from their links,
// which is faster than to read fdinfo.
std::optional<std::uint32_t> held_id(pid_t pid, const fs::path &descriptor, std::string_view field)
{
    std::error_code err;
    const std::string target = fs::read_symlink(descriptor, err).string();
    const auto fd = number(descriptor.filename().string());

    if (!fd || !target.starts_with("anon_inode:"))
        return std::nullopt;
    if (field == program_id && (target.ends_with("[perf_event]") || target.ends_with("bpf-raw-tracepoint")))
        return asked_id(pid, static_cast<int>(*fd));
    return target.find("bpf") != target.npos ? id_in(fmt::format("/proc/{}/fdinfo/{}", pid, *fd), field) : std::nullopt;
}

std::set<std::uint32_t> ids_of(pid_t pid, std::string_view field)
{
    std::set<std::uint32_t> ids;
    std::error_code err;

    for (const auto &descriptor : fs::directory_iterator{fmt::format("/proc/{}/fd", pid), err})
        if (const auto id = held_id(pid, descriptor.path(), field))
            ids.insert(*id);
    return ids;
}

std::vector<std::string> mounts_of_bpffs()
{
    std::vector<std::string> places;
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent("/proc/self/mounts", "r"), endmntent};

    while (const mntent *entry = mounts ? getmntent(mounts.get()) : nullptr)
        if (std::string_view{entry->mnt_type} == "bpf")
            places.emplace_back(entry->mnt_dir);
    return places;
}

} // namespace

std::vector<Holder> holders_of(std::string_view field)
{
    std::vector<Holder> holders;
    std::error_code err;

    for (const auto &entry : fs::directory_iterator{"/proc", err}) {
        const auto pid = number(entry.path().filename().string());
        if (!pid)
            continue;
        for (const std::uint32_t id : ids_of(static_cast<pid_t>(*pid), field))
            holders.push_back({static_cast<pid_t>(*pid), kernel::setting((entry.path() / "comm").c_str()), id});
    }
    std::ranges::sort(holders, {}, [](const Holder &holder) { return std::pair{holder.pid, holder.id}; });
    return holders;
}

std::set<std::uint32_t> pinned_programs()
{
    std::set<std::uint32_t> ids;
    std::error_code err;

    for (const std::string &place : mounts_of_bpffs())
        for (const auto &file : fs::recursive_directory_iterator{place, err}) {
            const Fd fd{file.is_regular_file(err) ? bpf_obj_get(file.path().c_str()) : -1};
            if (const auto id = fd ? id_in(fmt::format("/proc/self/fdinfo/{}", fd.get()), program_id) : std::nullopt)
                ids.insert(*id);
        }
    return ids;
}

} // namespace snoop

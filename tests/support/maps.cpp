// SPDX-License-Identifier: BSD-2-Clause
#include "maps.hpp"

#include "place.hpp"
#include "process.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

bpf_map_info info_of(const Fd &map)
{
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);

    bpf_obj_get_info_by_fd(map.get(), &info, &size);
    return info;
}

} // namespace

std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name)
{
    for (const auto &entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/fdinfo", pid)}) {
        const std::string text = read_file(entry.path());
        const auto at = text.find("map_id:");
        if (at == std::string::npos)
            continue;
        const auto id = static_cast<std::uint32_t>(std::stoul(text.substr(at + 7)));
        const Fd map{bpf_map_get_fd_by_id(id)};
        if (map && info_of(map).name == name)
            return id;
    }
    return std::nullopt;
}

std::size_t entries_of(std::uint32_t map_id)
{
    const Fd map{bpf_map_get_fd_by_id(map_id)};
    if (!map)
        throw std::runtime_error(fmt::format("there is no map {}", map_id));
    std::vector<std::byte> key(info_of(map).key_size);
    const void *previous = nullptr;
    std::size_t count = 0;

    for (; bpf_map_get_next_key(map.get(), previous, key.data()) == 0; count++)
        previous = key.data();
    return count;
}

void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args)
{
    const auto id = map_id(pid, name);
    if (!id)
        throw std::runtime_error(fmt::format("process {} has no map {}", pid, name));
    std::vector<std::string> argv{"bpftool", "map", action, "id", std::to_string(*id)};

    argv.insert(argv.end(), args.begin(), args.end());
    const Ended done = in_child([&] {
        setenv("PATH", "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin", 1);
        execvp("bpftool", pointers(argv).data());
        _exit(127);
    });
    if (done.status != 0)
        throw std::runtime_error(fmt::format("`{}` failed", fmt::join(argv, " ")));}

} // namespace snoop::test

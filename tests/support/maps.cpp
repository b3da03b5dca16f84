// SPDX-License-Identifier: BSD-2-Clause
#include "maps.hpp"

#include "place.hpp"
#include "process.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace snoop::test {
namespace {

std::uint32_t map_id(pid_t pid, const std::string &name)
{
    for (const auto &entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/fdinfo", pid)}) {
        const std::string text = read_file(entry.path());
        const auto at = text.find("map_id:");
        if (at == std::string::npos)
            continue;
        const auto id = static_cast<std::uint32_t>(std::stoul(text.substr(at + 7)));
        const Fd map{bpf_map_get_fd_by_id(id)};
        bpf_map_info info{};
        std::uint32_t size = sizeof(info);
        if (map && bpf_obj_get_info_by_fd(map.get(), &info, &size) == 0 && info.name == name)
            return id;
    }
    throw std::runtime_error(fmt::format("process {} has no map {}", pid, name));
}

} // namespace

void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args)
{
    std::vector<std::string> argv{"bpftool", "map", action, "id", std::to_string(map_id(pid, name))};

    argv.insert(argv.end(), args.begin(), args.end());
    const Ended done = in_child([&] {
        setenv("PATH", "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin", 1);
        execvp("bpftool", pointers(argv).data());
        _exit(127);
    });
    if (done.status != 0)
        throw std::runtime_error(fmt::format("`{}` failed", fmt::join(argv, " ")));
}

} // namespace snoop::test

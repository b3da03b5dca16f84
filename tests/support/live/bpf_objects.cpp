// SPDX-License-Identifier: BSD-2-Clause
#include "bpf_objects.hpp"

#include "fixtures.hpp"
#include "process.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

using Ids = std::set<std::uint32_t>;

void note(Ids &ids, const std::string &line, std::string_view key)
{
    if (line.starts_with(key))
        ids.insert(static_cast<std::uint32_t>(std::stoul(line.substr(key.size()))));
}

// Objects that the kernel still counts. None is opened: a prog_array that is opened and closed while it is being
// freed is never freed, since the kernel takes a reference for work that is already queued (6.18,
// prog_array_map_clear).
Ids those_of(const Ids &ids, int (*next_id)(__u32, __u32 *))
{
    Ids found;

    for (const auto id : ids) {
        std::uint32_t next = 0;
        if (next_id(id - 1, &next) == 0 ? next == id : errno != ENOENT)
            found.insert(id);
    }
    return found;
}

template <class Info> Info info_of(const Fd &fd)
{
    Info info{};
    std::uint32_t size = sizeof(info);

    bpf_obj_get_info_by_fd(fd.get(), &info, &size);
    return info;
}

} // namespace

void PrintTo(const BpfObjects &objects, std::ostream *out)
{
    *out << fmt::format("programs {}, maps {}, links {}", objects.programs, objects.maps, objects.links);
}

BpfObjects objects_of(pid_t pid)
{
    BpfObjects all;

    for (const auto &entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/fdinfo", pid)}) {
        std::istringstream lines{read_file(entry.path())};
        for (std::string line; std::getline(lines, line);) {
            note(all.links, line, "link_id:");
            note(all.maps, line, "map_id:");
            note(all.programs, line, "prog_id:"); // a link names its program, too
        }
    }
    return all;
}

BpfObjects still_there(const BpfObjects &objects)
{
    return {those_of(objects.programs, bpf_prog_get_next_id), those_of(objects.maps, bpf_map_get_next_id),
            those_of(objects.links, bpf_link_get_next_id)};
}

std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name)
{
    for (const auto id : objects_of(pid).maps)
        if (const Fd map{bpf_map_get_fd_by_id(id)}; map && info_of<bpf_map_info>(map).name == name)
            return id;
    return std::nullopt;
}

std::optional<std::vector<std::string>> keys_of(pid_t pid, std::string_view map)
{
    const auto id = map_id(pid, map);
    if (!id)
        return std::nullopt;
    const Fd fd{bpf_map_get_fd_by_id(*id)};
    std::string key(info_of<bpf_map_info>(fd).key_size, '\0');
    std::vector<std::string> keys;

    for (const void *previous = nullptr; bpf_map_get_next_key(fd.get(), previous, key.data()) == 0;) {
        keys.push_back(key);
        previous = key.data();
    }
    return keys;
}

std::optional<std::size_t> entries_of(pid_t pid, std::string_view map)
{
    const auto keys = keys_of(pid, map);

    return keys ? std::optional{keys->size()} : std::nullopt;
}

std::vector<std::uint32_t> gone_in(pid_t pid, std::string_view map)
{
    std::vector<std::uint32_t> gone;

    for (const std::string &key : keys_of(pid, map).value_or(std::vector<std::string>{})) {
        std::uint32_t id = 0;
        std::memcpy(&id, key.data(), sizeof(id));
        if (access(fmt::format("/proc/{}", id).c_str(), F_OK) != 0)
            gone.push_back(id);
    }
    return gone;
}

std::uint64_t recursion_misses(const BpfObjects &objects)
{
    std::uint64_t all = 0;

    for (const auto id : objects.programs)
        if (const Fd program{bpf_prog_get_fd_by_id(id)})
            all += info_of<bpf_prog_info>(program).recursion_misses;
    return all;
}

} // namespace snoop::test

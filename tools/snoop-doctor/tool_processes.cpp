// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/tool_processes.hpp"
#include "kernel/system.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

namespace snoop {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint32_t> number(std::string_view text)
{
    std::uint32_t value = 0;
    const auto [stop, err] = std::from_chars(text.data(), text.data() + text.size(), value);
    return err == std::errc{} && stop == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

std::set<std::uint32_t> ids_of(const fs::path &process, std::string_view field)
{
    std::set<std::uint32_t> ids;
    std::error_code err;

    for (const auto &entry : fs::directory_iterator{process / "fdinfo", err}) {
        std::ifstream info{entry.path()};
        for (std::string line; std::getline(info, line);)
            if (line.starts_with(field) && line.substr(field.size(), 2) == ":\t")
                if (const auto id = number(std::string_view{line}.substr(field.size() + 2)))
                    ids.insert(*id);
    }
    return ids;
}

} // namespace

std::vector<HeldObject> held_objects(const std::vector<std::string> &tools, std::string_view field)
{
    std::vector<HeldObject> objects;
    std::error_code err;

    for (const auto &entry : fs::directory_iterator{"/proc", err}) {
        const auto pid = number(entry.path().filename().string());
        const std::string comm = pid ? kernel::setting((entry.path() / "comm").c_str()) : "";
        if (std::ranges::find(tools, comm) == tools.end())
            continue;
        for (const std::uint32_t id : ids_of(entry.path(), field))
            objects.push_back({comm, static_cast<pid_t>(*pid), id});
    }
    std::ranges::sort(objects, {}, [](const HeldObject &held) { return std::pair{held.pid, held.id}; });
    return objects;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/binaries.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace snoop {
namespace {

#if defined(__x86_64__)
constexpr const char *multiarch = "x86_64-linux-gnu";
#else
constexpr const char *multiarch = "aarch64-linux-gnu";
#endif

std::vector<std::string> folders_in(const char *variable)
{
    const char *list = std::getenv(variable);
    std::istringstream all{list ? list : ""};
    std::vector<std::string> folders;

    for (std::string one; std::getline(all, one, ':');)
        if (!one.empty())
            folders.push_back(one);
    return folders;
}

// Directories of Debian's multiarch, and lib64 and lib of other systems.
std::vector<std::string> library_folders()
{
    std::vector<std::string> folders = folders_in("LD_LIBRARY_PATH");

    for (const char *above : {"/usr/local/lib", "/lib", "/usr/lib"})
        for (const auto &below : {fmt::format("/{}", multiarch), std::string{"64"}, std::string{}})
            folders.push_back(above + below);
    return folders;
}

bool is_file(const std::string &path)
{
    struct stat about {};
    return stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode);
}

// /proc/PID/map_files names a file by its address range, without the leading zeros of maps.
std::string without_zeros(const std::string &range)
{
    std::string name;

    for (const char c : range)
        if (c != '0' || !(name.empty() || name.ends_with('-')))
            name += c;
    return name;
}

[[noreturn]] void throw_no_process(std::uint32_t pid, int err)
{
    if (err == ENOENT || err == ESRCH)
        throw Error{exit_usage, "--pid: no process {}", pid};
    throw Error{exit_runtime, "--pid: cannot read process {}: {}", pid, describe_errno(err)};
}

} // namespace

std::string find_binary(const std::string &name)
{
    if (name.find('/') != name.npos)
        return name;
    for (const auto &folder : folders_in("PATH"))
        if (auto path = fmt::format("{}/{}", folder, name); is_file(path) && access(path.c_str(), X_OK) == 0)
            return path;
    for (const auto &folder : library_folders())
        if (auto path = fmt::format("{}/{}", folder, name); is_file(path))
            return path;
    throw Error{exit_usage, "'{}' is neither on the PATH nor in a library directory: give a path with a slash", name};
}

std::vector<MappedBinary> find_binaries_of(std::uint32_t pid, const std::string &name)
{
    const std::string proc = fmt::format("/proc/{}", pid);
    std::vector<MappedBinary> found;

    if (access(proc.c_str(), F_OK) != 0)
        throw_no_process(pid, errno);
    if (name.starts_with('/')) {
        // Without the privilege to read its root directory, assume that it is the same as ours.
        const std::string file = proc + "/root" + name;
        const bool is_denied = access(file.c_str(), F_OK) != 0 && (errno == EACCES || errno == EPERM);
        return {{name, is_denied ? name : file}};
    }
    if (name.find('/') != name.npos)
        return {{name, name}};
    std::ifstream maps{proc + "/maps"};
    if (!maps)
        throw_no_process(pid, errno);
    // "55d0c0a00000-55d0c0a5e000 r-xp 0002e000 fe:00 131 <many spaces> /usr/bin/bash (deleted)"
    for (std::string line; std::getline(maps, line);) {
        const auto path_at = line.find('/');
        std::istringstream words{line};
        std::string range, perms;
        if (path_at == line.npos || !(words >> range >> perms) || perms.find('x') == perms.npos)
            continue;
        MappedBinary binary{line.substr(path_at), {}};
        const std::string_view deleted = " (deleted)";
        if (binary.path.ends_with(deleted)) { // replaced by an upgrade, but still in use
            binary.path.resize(binary.path.size() - deleted.size());
            binary.file = fmt::format("{}/map_files/{}", proc, without_zeros(range));
        } else {
            binary.file = proc + "/root" + binary.path;
        }
        const std::string base = binary.path.substr(binary.path.rfind('/') + 1);
        if (matches_pattern(name, base) && std::ranges::find(found, binary.path, &MappedBinary::path) == found.end())
            found.push_back(std::move(binary));
    }
    if (found.empty())
        throw Error{exit_usage, "process {} has not mapped '{}': give a path, or a name from {}/maps", pid, name, proc};
    return found;
}

} // namespace snoop

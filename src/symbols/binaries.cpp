// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/binaries.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

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

// A line of /proc/PID/maps: "55d0c0a00000-55d0c0a5e000 r-xp 0002e000 fe:00 131 <many spaces> /usr/bin/bash (deleted)"
struct Mapping {
    std::string range, path;
    bool is_code = false;
    unsigned major = 0, minor = 0;
    ino_t inode = 0;

    explicit Mapping(const std::string &line)
    {
        const auto path_at = line.find('/');
        std::istringstream words{line};
        std::string perms, offset;
        char colon = 0;

        words >> range >> perms >> offset >> std::hex >> major >> colon >> minor >> std::dec >> inode;
        if (!words || path_at == line.npos)
            return;
        is_code = perms.find('x') != perms.npos;
        path = line.substr(path_at);
        if (const std::string_view deleted = " (deleted)"; path.ends_with(deleted))
            path.resize(path.size() - deleted.size());
    }

    // A name, which may have wildcards, or a path.
    [[nodiscard]] bool matches(const std::string &name) const
    {
        return name.find('/') == name.npos ? matches_pattern(name, path.substr(path.rfind('/') + 1)) : path == name;
    }

    // Overlay and btrfs files have the device of another layer here than in stat(2).
    [[nodiscard]] bool is_of(const FileHandle &file) const
    {
        const auto [device, number] = file.id();
        return inode == number && (makedev(major, minor) == device || gnu_dev_major(device) == 0);
    }
};

// /proc/PID/map_files names a file by its address range, without the leading zeros of maps.
std::string without_zeros(const std::string &range)
{
    std::string name;

    for (const char c : range)
        if (c != '0' || !(name.empty() || name.ends_with('-')))
            name += c;
    return name;
}

// A path in the root directory of a process. Links in it are those of that root, never of ours.
Fd open_in_root(const std::string &proc, const std::string &path)
{
    const Fd root{open((proc + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    open_how how{};

    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (!root)
        return Fd{};
    const auto opened = [&] {
        return Fd{static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof(how)))};
    };
    Fd fd = opened();
    // A rename elsewhere during the walk: the kernel asks to try again.
    for (int tries = 0; !fd && errno == EAGAIN && tries < 100; tries++)
        fd = opened();
    if (!fd && errno == ENOSYS) // before Linux 5.6
        fd = Fd{open((proc + "/root" + path).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    return fd;
}

// The file of a mapping. Without the privilege for map_files, it is the file at that path if that
// is still the same.
FileHandle file_of(const std::string &proc, const Mapping &mapping)
{
    const std::string link = fmt::format("{}/map_files/{}", proc, without_zeros(mapping.range));
    Fd fd{open(link.c_str(), O_PATH | O_CLOEXEC)};

    if (fd || (errno != EPERM && errno != EACCES && errno != ENOENT))
        return FileHandle::of(std::move(fd), mapping.path);
    fd = open_in_root(proc, mapping.path);
    if (!fd && (errno == EACCES || errno == EPERM)) // assume that its root directory is ours
        fd = Fd{open(mapping.path.c_str(), O_PATH | O_CLOEXEC)};
    FileHandle file = FileHandle::of(std::move(fd), mapping.path);
    if (!mapping.is_of(file))
        throw Error{exit_lacks, "'{}' is not the file any more that the process has mapped: run it as root",
                    mapping.path};
    return file;
}

// The path of a process as it sees it, also if written "/proc/PID/root/…".
std::string path_in_root(const std::string &proc, const std::string &path)
{
    const std::string root = proc + "/root/";

    return path.starts_with(root) ? path.substr(root.size() - 1) : path;
}

// A file that the process has not mapped by this path.
FileHandle open_path_of(const std::string &proc, const std::string &path)
{
    // The program of the process: the only link of /proc that is followed.
    if (!path.starts_with('/') || path == proc + "/exe")
        return FileHandle::open(path);
    Fd fd = open_in_root(proc, path);
    // Without the privilege to read its root directory, assume that it is the same as ours.
    if (!fd && (errno == EACCES || errno == EPERM))
        fd = Fd{open(path.c_str(), O_PATH | O_CLOEXEC)};
    return FileHandle::of(std::move(fd), path);
}

// As maps has it. That the file is gone does not matter.
std::string absolute_path(const std::string &path)
{
    std::error_code failed;
    const std::string found = std::filesystem::weakly_canonical(path, failed);

    return failed ? path : found;
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

std::vector<MappedBinary> find_binaries_of(std::uint32_t pid, const std::string &name, std::string *notice)
{
    const std::string proc = fmt::format("/proc/{}", pid);
    const bool is_path = name.find('/') != name.npos;
    const bool is_relative = is_path && !name.starts_with('/');
    const std::string wanted = is_relative ? absolute_path(name) : path_in_root(proc, name);
    std::vector<Mapping> others;
    std::vector<MappedBinary> found;
    std::set<std::pair<dev_t, ino_t>> known;
    const auto add = [&](const std::string &path, const FileHandle &file) {
        if (known.insert(file.id()).second)
            found.push_back({path, file.path(), file});
    };

    if (access(proc.c_str(), F_OK) != 0)
        throw_no_process(pid, errno);
    std::ifstream maps{proc + "/maps"};
    if (!maps && !is_path)
        throw_no_process(pid, errno);
    for (std::string line; std::getline(maps, line);) {
        const Mapping &mapping = others.emplace_back(line);
        if (!mapping.is_code || !mapping.matches(wanted))
            continue;
        try {
            add(mapping.path, file_of(proc, mapping));
        } catch (const Error &) {
            if (!has_wildcard(name))
                throw; // a device, for one, can match a wildcard
        }
    }
    if (is_path && found.empty()) {
        const FileHandle file = open_path_of(proc, is_relative ? name : wanted);
        add(name, file);
        if (notice && !others.empty() && std::ranges::none_of(others, [&](const Mapping &m) { return m.is_of(file); }))
            *notice = fmt::format("process {} has not mapped '{}': nothing of it is seen until it does", pid, name);
    }
    if (found.empty())
        throw Error{exit_usage, "process {} has not mapped '{}': give a path, or a name from {}/maps", pid, name, proc};
    return found;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/own_program.hpp"
#include "base/escape.hpp"
#include "base/search_path.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::kernel {
namespace {

// sudo searches these, whatever the caller's PATH is: secure_path as distributions set it. The setting itself is
// readable by root alone.
constexpr std::string_view sudo_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_same_file(const std::string &one, const std::string &other)
{
    struct stat a {
    }, b{};

    return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::string quoted(const std::string &word)
{
    Buffer out;

    append_quoted(out, word);
    return {out.data(), out.size()};
}

} // namespace

std::string own_file()
{
    std::array<char, PATH_MAX> path{};

    if (const ssize_t size = readlink("/proc/self/exe", path.data(), path.size()); size > 0)
        return {path.data(), static_cast<std::size_t>(size)};
    // Without /proc, the path by which it was called may do.
    const std::string called{program_invocation_name};
    const std::unique_ptr<char, decltype(&free)> real{
        called.find('/') == called.npos ? nullptr : realpath(called.c_str(), nullptr), free};
    return real ? real.get() : "";
}

std::string own_path(const std::string &tool)
{
    const std::string file = own_file();

    return file.empty() ? tool : quoted(file);
}

std::string command_for_sudo(const std::string &tool)
{
    const std::string file = own_file(), found = find_in_path(sudo_path, tool);

    return file.empty() || (!found.empty() && is_same_file(found, file)) ? tool : quoted(file);
}

std::string find_tool(std::string_view name, bool may_search_path)
{
    const std::string own = own_file();
    const char *path = std::getenv("PATH");
    std::string file = own.empty() ? "" : find_in_path(own.substr(0, own.rfind('/')), name);

    if (file.empty() && path && may_search_path)
        file = find_in_path(path, name);
    if (file.empty() && is_own_name(name) && access(own.c_str(), X_OK) == 0)
        file = own;
    return file;
}

} // namespace snoop::kernel

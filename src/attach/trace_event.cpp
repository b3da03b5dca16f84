// SPDX-License-Identifier: BSD-2-Clause
#include "attach/trace_event.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

namespace snoop {
namespace {

constexpr std::string_view group_prefix = "snoop_";

std::string definitions() { return kernel::tracefs().value_or("") + "/uprobe_events"; }

bool write_definition(const std::string &line)
{
    // Without O_APPEND, opening would remove all definitions.
    const Fd file{open(definitions().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
    return file && write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

// The time at which a process started, in clock ticks since boot (field 22 of /proc/PID/stat); no value if it is gone.
std::optional<std::string> start_of(const std::string &pid)
{
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    std::string text;

    if (!std::getline(file, text))
        return std::nullopt;
    std::size_t at = text.rfind(')'); // the end of field 2
    for (int field = 3; field <= 22 && at != text.npos; field++)
        at = text.find(' ', at + 1);
    if (at == text.npos)
        return std::nullopt;
    return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

// "snoop_NAMESPACE_": a number of another PID namespace says nothing about whether its process lives.
std::string prefix_of_namespace()
{
    struct stat info {};

    stat("/proc/self/ns/pid", &info);
    return fmt::format("{}{}_", group_prefix, info.st_ino);
}

bool is_alive(std::string_view pid_and_start)
{
    const auto split = pid_and_start.find('_');
    return split != pid_and_start.npos &&
           start_of(std::string{pid_and_start.substr(0, split)}) == pid_and_start.substr(split + 1);
}

// A line is "p:GROUP/EVENT FILE:OFFSET". An event that is in use cannot be removed.
void remove_leftovers()
{
    const std::string prefix = prefix_of_namespace();
    std::ifstream file{definitions()};
    std::set<std::string> leftovers;

    for (std::string line; std::getline(file, line);) {
        const std::string name = line.substr(0, line.find(' '));
        const auto slash = name.find('/');
        if (name.starts_with("p:" + prefix) && slash != name.npos &&
            !is_alive(std::string_view{name}.substr(2 + prefix.size(), slash - 2 - prefix.size())))
            leftovers.insert(name.substr(2));
    }
    for (const std::string &name : leftovers)
        write_definition(fmt::format("-:{}\n", name));
}

const std::string &group_of_this_process()
{
    static const std::string group = [] {
        remove_leftovers();
        return fmt::format("{}{}_{}", prefix_of_namespace(), getpid(), start_of("self").value_or("0"));
    }();
    return group;
}

} // namespace

bool has_trace_events() { return kernel::tracefs() && access(definitions().c_str(), R_OK | W_OK) == 0; }

TraceEvent::TraceEvent()
{
    static unsigned number = 0;
    name_ = fmt::format("{}/e{}", group_of_this_process(), number++);
}

TraceEvent::~TraceEvent() { write_definition(fmt::format("-:{}\n", name_)); }

bool TraceEvent::add_uprobe(const std::string &file, std::uint64_t offset, std::uint64_t semaphore_offset) const
{
    return write_definition(fmt::format("p:{} {}:{:#x}{}\n", name_, file, offset,
                                        semaphore_offset ? fmt::format("({:#x})", semaphore_offset) : ""));
}

int TraceEvent::id() const
{
    const std::string text = kernel::setting(fmt::format("{}/events/{}/id", *kernel::tracefs(), name_).c_str());
    return text.empty() ? -1 : std::atoi(text.c_str());
}

} // namespace snoop

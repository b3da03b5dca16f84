// SPDX-License-Identifier: BSD-2-Clause
#include "modes.hpp"

#include "base/capabilities.hpp"
#include "fixtures.hpp"
#include "privileges.hpp"
#include "tool_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <sys/resource.h>

namespace snoop::test {
namespace {

namespace fs = std::filesystem;

using Args = std::vector<std::string>;

// The folders of the tests may be closed to other users.
std::string open_copy(const TempDir &dir, const std::string &name)
{
    return dir.file("copy-of-" + name, read_file(tool_path(name)), 0755);
}

std::string filled_in(std::string text, const std::string &file)
{
    if (const std::size_t at = text.find('@'); at != text.npos)
        text.replace(at, 1, file);
    return text;
}

// The last line of stderr, without the tool's name, what libbpf says, and the advice.
std::string complaint(const Outcome &outcome, const std::string &tool)
{
    const auto lines = outcome.err_lines();
    if (outcome.code == 0 || lines.empty())
        return "no event";
    std::string line = lines.back();
    if (const std::size_t at = line.find(tool + ": "); at != line.npos)
        line.erase(0, at + tool.size() + 2);
    if (const std::size_t from = line.find(" ["), to = line.find(']'); from < to && to != line.npos)
        line.erase(from, to + 1 - from);
    for (const std::string_view advice : {": run ", ": boot ", ": try ", ": give "})
        line = line.substr(0, line.find(advice));
    std::replace(line.begin(), line.end(), ';', ',');
    return line;
}

} // namespace

void PrintTo(const Mode &mode, std::ostream *out) { *out << mode.name; }

const std::vector<Mode> &every_mode()
{
    static const Capabilities tracing{cap_bpf, cap_perfmon}, packets{cap_bpf, cap_net_admin};
    static const Args run{"@", "mark", "hello"}, read{"cat", "@"}, hit{"@", "mark", "hello"},
        send{"bash", "-c", "echo hello >/dev/udp/127.0.0.1/9"};
    static const std::vector<Mode> modes{
        {"execsnoop", "execsnoop", {"-o", "json"}, run, "@", tracing},
        {"execsnoop --transport perf", "execsnoop", {"-o", "json", "--transport", "perf"}, run, "@", tracing},
        {"execcount", "execcount", {"-o", "json", "--by", "path"}, run, "@", tracing},
        {"opensnoop", "opensnoop", {"-o", "json"}, read, "@", tracing},
        {"opensnoop --probe tracepoint", "opensnoop", {"-o", "json", "--probe", "tracepoint"}, read, "@", tracing},
        {"opencount", "opencount", {"-o", "json"}, read, "@", tracing},
        {"openguard --enforce",
         "openguard",
         {"-o", "json", "--enforce", "@"},
         {"sh", "-c", "! cat @ 2>/dev/null"},
         "@",
         tracing,
         {Hook::lsm}},
        {"funclat KERNEL-FUNCTION", "funclat", {"-o", "json", "vfs_open"}, read, "\"count\":", tracing, {Hook::kprobe}},
        {"funclat PROGRAM:FUNCTION", "funclat", {"-o", "json", "@:main"}, hit, "\"count\":", tracing, {Hook::uprobe}},
        {"usdtsnoop",
         "usdtsnoop",
         {"-o", "json", "-s", "1", "@:snooptest:mark"},
         hit,
         "hello",
         tracing,
         {Hook::uprobe}},
        {"xdpcount",
         "xdpcount",
         {"-o", "json", "--mode", "generic", "--drop", "udp/9", "lo"},
         send,
         "udp",
         packets,
         {Hook::xdp}},
        {"xdpcount --tc", "xdpcount", {"-o", "json", "--tc", "lo"}, send, "udp", packets, {Hook::clsact}}};
    return modes;
}

std::string names_of(const Capabilities &capabilities)
{
    std::vector<std::string> names;
    for (const unsigned one : capabilities)
        names.push_back(capability_name(one).substr(4));
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, "+"));
}

std::string attempt(const Mode &mode, const Capabilities &capabilities, rlim_t locked_memory)
{
    static const TempDir dir;
    static const std::string target = open_copy(dir, "usdt_target");
    const std::string tool = dir.at("copy-of-" + mode.tool);
    Args args = mode.args;

    if (!fs::exists(tool))
        open_copy(dir, mode.tool);
    args.push_back("--");
    args.insert(args.end(), mode.command.begin(), mode.command.end());
    for (std::string &arg : args)
        arg = filled_in(arg, target);
    const rlimit limit{locked_memory, locked_memory};
    const Outcome outcome = run_tool(mode.tool, args,
                                     {.in_child =
                                          [&] {
                                              setrlimit(RLIMIT_MEMLOCK, &limit);
                                              drop_to_nobody_with(capabilities);
                                          },
                                      .program = tool});
    const bool is_shown = outcome.out.find(filled_in(mode.mark, target)) != std::string::npos;
    if (outcome.code == 0 && is_shown)
        return "ok";
    return fmt::format("{} {}", outcome.code, complaint(outcome, mode.tool));
}

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/tools.hpp"
#include "snoop-doctor/hooks.hpp"
#include "snoop-doctor/subprocess.hpp"

#include <installed_tools.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

struct Advice {
    std::vector<std::string> args;
    bool in_own_network = false;
};

// Parses the lines printed by Cli::describe_trial().
Advice advice_from(const std::vector<std::string> &lines)
{
    constexpr std::string_view argument = "argument ";
    Advice advice;

    for (const std::string &line : lines)
        if (line.starts_with(argument))
            advice.args.push_back(line.substr(argument.size()));
        else if (line == "own network")
            advice.in_own_network = true;
    return advice;
}

// The text after `mark` in the output of -v. Lines before the last hook that did not work are about hooks
// that are not in use.
std::string chosen(const std::vector<std::string> &said, const std::string &mark)
{
    std::string text;

    for (const auto &line : said) {
        if (line.find("not on this system") != line.npos)
            text.clear();
        if (line.starts_with(mark))
            text += (text.empty() ? "" : "; ") + line.substr(mark.size());
    }
    return text;
}

std::string path_of(const std::string &name)
{
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

// The tool's last line on stderr, without its name, or any last line.
std::string reason(const Subprocess &ran, const std::string &name)
{
    const std::string mark = name + ": ";

    if (ran.lines.empty())
        return fmt::format("exit code {}", ran.exit_code);
    const auto own = std::find_if(ran.lines.rbegin(), ran.lines.rend(),
                                  [&](const std::string &line) { return line.starts_with(mark); });
    return own == ran.lines.rend() ? ran.lines.back() : own->substr(mark.size());
}

} // namespace

const std::vector<std::string> &tool_names()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{std::begin(installed_tools), std::end(installed_tools)};
        std::erase(all, "snoop-doctor");
        return all;
    }();
    return names;
}

Trial try_tool(const std::string &name, const char *verbose)
{
    const std::string check = fmt::format("tool/{}", name), path = path_of(name);
    if (access(path.c_str(), X_OK) != 0)
        return {{check, State::unknown, "not installed next to snoop-doctor"}, std::nullopt, {}};
    const Subprocess asked = run_program(path, {name, "--generate", "doctor"}, {.captured_fd = STDOUT_FILENO});
    if (asked.exit_code != 0)
        return {{check, State::missing, fmt::format("it does not say how to try it: exit code {}", asked.exit_code),
                 "install the tool and snoop-doctor from the same version"},
                std::nullopt,
                {}};

    const Advice advice = advice_from(asked.lines);
    std::vector<std::string> words{name, verbose, "-d", "0.01"};
    words.insert(words.end(), advice.args.begin(), advice.args.end());
    const Subprocess ran =
        run_program(path, words, {.before_exec = [&] { return !advice.in_own_network || enter_new_network(); }});
    if (ran.exit_code != 0)
        return {{check, State::missing, reason(ran, name)}, ran.exit_code, ran.lines};
    const std::string probes = chosen(ran.lines, name + ": probe: ");
    return {
        {check, State::ok, probes.empty() ? chosen(ran.lines, name + ": attach: ") : probes}, ran.exit_code, ran.lines};
}

std::string version_of(const std::string &name)
{
    const std::string path = path_of(name);

    if (access(path.c_str(), X_OK) != 0)
        return "";
    const Subprocess ran = run_program(path, {name, "--version"}, {.captured_fd = STDOUT_FILENO});
    return ran.lines.empty() ? "" : ran.lines.front();
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/tools.hpp"
#include "snoop-doctor/hooks.hpp"
#include "snoop-doctor/subprocess.hpp"

#include <installed_tools.h>

#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

struct Trial {
    std::vector<std::string> args;
    bool in_own_network = false;
};

// Parses the lines printed by Cli::describe_trial().
Trial trial_from(const std::vector<std::string> &lines)
{
    constexpr std::string_view argument = "argument ";
    Trial trial;

    for (const std::string &line : lines)
        if (line.starts_with(argument))
            trial.args.push_back(line.substr(argument.size()));
        else if (line == "own network")
            trial.in_own_network = true;
    return trial;
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

// The last line of stderr, without the tool's name.
std::string reason(const Subprocess &ran, const std::string &name)
{
    if (ran.lines.empty())
        return fmt::format("exit code {}", ran.exit_code);
    const std::string &last = ran.lines.back();
    return last.starts_with(name + ": ") ? last.substr(name.size() + 2) : last;
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

Check try_tool(const std::string &name)
{
    const std::string check = fmt::format("tool/{}", name);
    const std::string path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    if (access(path.c_str(), X_OK) != 0)
        return {check, State::unknown, "not installed next to snoop-doctor"};
    const Subprocess asked = run_program(path, {name, "--generate", "doctor"}, {.captured_fd = STDOUT_FILENO});
    if (asked.exit_code != 0)
        return {check, State::missing, fmt::format("it does not say how to try it: exit code {}", asked.exit_code),
                "install the tool and snoop-doctor from the same version"};

    const Trial trial = trial_from(asked.lines);
    std::vector<std::string> words{name, "-v", "-d", "0.01"};
    words.insert(words.end(), trial.args.begin(), trial.args.end());
    const Subprocess ran =
        run_program(path, words, {.before_exec = [&] { return !trial.in_own_network || enter_new_network(); }});
    if (ran.exit_code != 0)
        return {check, State::missing, reason(ran, name)};
    const std::string probes = chosen(ran.lines, name + ": probe: ");
    return {check, State::ok, probes.empty() ? chosen(ran.lines, name + ": attach: ") : probes};
}

} // namespace snoop

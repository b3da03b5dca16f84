// SPDX-License-Identifier: BSD-2-Clause
// Finds what an interpreter looked for without opening or executing it: its script, as it is now, tells the name.
#include "base/search_path.hpp"
#include "snoop-why/benign.hpp"
#include "snoop-why/chain.hpp"
#include "snoop-why/files.hpp"
#include "snoop-why/reasons.hpp"
#include "snoop-why/source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace snoop::snoop_why {
namespace {

// A script, and how a sentence names it.
struct Source {
    std::string text, name;
    bool is_command_line = false;
};

// Returns what follows an option of the interpreter, such as -c; nothing without it.
std::optional<std::string> after_option(const Program &program, char option)
{
    for (std::size_t i = 1; i + 1 < program.args.size() && program.args[i].starts_with('-'); i++)
        if (program.args[i].size() > 1 && program.args[i][1] != '-' && program.args[i].ends_with(option))
            return std::string{program.args[i + 1]};
    return std::nullopt;
}

// The source that Python has read last: to show a line of it in a traceback.
const Open *last_source(const Case &failed)
{
    const Open *last = nullptr;

    for (const Open &open : failed.forest->opens())
        if (open.program == failed.index && open.error.empty())
            if (open.path.ends_with(".py") || !is_of_an_end(open))
                last = &open;
    return last && last->path.ends_with(".py") ? last : nullptr;
}

std::optional<Source> python_source(const Case &failed)
{
    if (auto text = after_option(failed.program(), 'c'))
        return Source{std::move(*text), "its -c text", true};
    const Open *open = last_source(failed);
    if (!open)
        return std::nullopt;
    auto text = read_script(full_path(*open));
    return text ? std::optional{Source{std::move(*text), std::string{open->path}, false}} : std::nullopt;
}

bool is_python(const Program &program)
{
    return base_name(program.file).starts_with("python") || base_name(program.interp).starts_with("python") ||
           (!program.args.empty() && base_name(program.args.front()).starts_with("python"));
}

// Whether the program read an archive, which may have modules that no directory has.
bool has_archive(const Case &failed)
{
    constexpr std::array<std::string_view, 4> archives{".zip", ".egg", ".whl", ".pyz"};

    return std::any_of(failed.forest->opens().begin(), failed.forest->opens().end(), [&](const Open &open) {
        return open.program == failed.index && open.error.empty() &&
               std::any_of(archives.begin(), archives.end(),
                           [&](std::string_view each) { return open.path.ends_with(each); });
    });
}

// The directories that a program has listed, as it does with those that may have a module.
std::set<std::string> listed_directories(const Case &failed)
{
    std::set<std::string> all;
    std::error_code error;

    for (const Open &open : failed.forest->opens())
        if (open.program == failed.index && open.error.empty())
            if (std::string path = full_path(open); std::filesystem::is_directory(path, error))
                all.insert(std::move(path));
    return all;
}

// As a directory, "name.py", "name.cpython-311-x86_64-linux-gnu.so" or the like.
bool has_module(const std::string &directory, std::string_view module)
{
    std::error_code error;

    for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.starts_with(module) && (name.size() == module.size() || name[module.size()] == '.'))
            return true;
    }
    return false;
}

// Whether the program opened a file of a module: one that it found in another way than by listing directories.
bool did_open_module(const Case &failed, std::string_view module)
{
    const auto is_of_module = [&](const Open &open) {
        if (open.program != failed.index || !open.error.empty())
            return false;
        for (auto at = open.path.find(module); at != open.path.npos; at = open.path.find(module, at + 1)) {
            const std::size_t end = at + module.size();
            if ((at == 0 || open.path[at - 1] == '/') &&
                (end == open.path.size() || open.path[end] == '/' || open.path[end] == '.'))
                return true;
        }
        return false;
    };
    return std::any_of(failed.forest->opens().begin(), failed.forest->opens().end(), is_of_module);
}

Reason reason_of(const Case &failed, const std::string &module, const Source &source,
                 const std::set<std::string> &directories)
{
    Reason reason{failed.program().end_ns(),
                  fmt::format("{} found no module \"{}\", which {} imports, in the {} that it listed",
                              name_of(failed.program()), module, source.name,
                              counted(directories.size(), "directory", "directories"))};

    if (std::string near = near_phrase(near_files({directories.begin(), directories.end()}, module + ".py"));
        !near.empty())
        reason.more.push_back(std::move(near));
    reason.is_certain = true;
    return reason;
}

std::optional<Source> shell_source(const Program &program)
{
    if (auto text = after_option(program, 'c'))
        return Source{std::move(*text), "its -c text", true};
    for (std::size_t i = 1; i < program.args.size(); i++) {
        if (program.args[i].starts_with('-'))
            continue;
        const std::string name{program.args[i]};
        auto text = read_script(name.starts_with('/') ? name : fmt::format("{}/{}", program.cwd, name));
        return text ? std::optional{Source{std::move(*text), name, false}} : std::nullopt;
    }
    return std::nullopt;
}

// Says where a command is that a shell did not find: in a directory that only the PATH of snoop-why has, as that of
// cron is short; or a command with a similar name.
std::string where_is(const std::string &command, const std::vector<std::string> &directories)
{
    const char *own_path = std::getenv("PATH");
    const std::string file = own_path ? find_in_path(own_path, command) : "";

    return file.empty() ? near_phrase(near_files(directories, command))
                        : fmt::format("there is {}, in none of these", file);
}

} // namespace

std::optional<Reason> module_not_found(const Case &failed)
{
    if (!failed.is_live || !is_python(failed.program()) || failed.program().exit_code != 1U) // of an exception
        return std::nullopt;
    const std::set<std::string> directories = listed_directories(failed);
    const auto is_there = [&](const std::string &module) {
        return std::any_of(directories.begin(), directories.end(),
                           [&](const std::string &directory) { return has_module(directory, module); });
    };
    std::optional<Source> source = python_source(failed);

    if (directories.empty() || !source || has_archive(failed))
        return std::nullopt;
    for (const std::string &module : imports_of(source->text))
        if (!is_there(module) && !did_open_module(failed, module))
            return reason_of(failed, module, *source, directories);
    return std::nullopt;
}

std::optional<Reason> command_not_found(const Case &failed)
{
    constexpr std::uint64_t status_not_found = 127;
    const Program &program = failed.program();
    const std::string path{program.search_path};

    // After a program that failed before, the status may be that one's.
    if (!is_shell(program) || program.exit_code != status_not_found || failed.since_ns != 0)
        return std::nullopt;
    Reason reason{program.end_ns(), fmt::format("{} exited with 127, as shells do for a command that they do not find",
                                                name_of(program))};
    const std::optional<Source> source = failed.is_live && !path.empty() ? shell_source(program) : std::nullopt;
    if (!source)
        return reason;
    if (source->text.find("\r\n") != std::string::npos) {
        reason.text +=
            fmt::format("; the lines of {} end in CR LF, and the CR is a part of their last words", source->name);
        reason.is_certain = true;
        return reason;
    }
    const std::vector<std::string> directories = directories_of_path(path);
    std::vector<std::string> named;
    for (const ShellCommand &command : commands_of(source->text)) {
        if (!find_in_path(path, command.name).empty())
            continue;
        named.push_back(source->is_command_line ? fmt::format("\"{}\"", command.name)
                                                : fmt::format("\"{}\" (line {})", command.name, command.line));
        if (std::string where = where_is(command.name, directories); named.size() == 1 && !where.empty())
            reason.more.push_back(std::move(where));
    }
    reason.is_certain = !named.empty();
    if (!named.empty())
        reason.text += fmt::format("; {} has {}, in none of the {} of PATH", source->name, fmt::join(named, ", "),
                                   counted(directories.size(), "directory", "directories"));
    return reason;
}

} // namespace snoop::snoop_why

// SPDX-License-Identifier: BSD-2-Clause
// snoop-why: runs a command under execsnoop and opensnoop and says why it failed. Needs no tool for recordings of both
// but those that made them.
#include "base/buffer.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/cli.hpp"
#include "forest/row_file.hpp"
#include "kernel/own_program.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-why/case.hpp"
#include "snoop-why/chain.hpp"
#include "snoop-why/files.hpp"
#include "snoop-why/story.hpp"
#include "snoop-why/traced_run.hpp"
#include "table/output.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace snoop;
using namespace snoop::snoop_why;

constexpr ToolInfo info{"snoop-why", "Run a command and say why it failed.",
                        "Examples:\n"
                        "  snoop-why -- make                         run make, and say why it failed\n"
                        "  snoop-why --all -- ./run.sh               with the events that this rests on\n"
                        "  snoop-why make.execs make.opens           from recordings\n"};

struct CommandLine {
    std::vector<std::string> files;
    bool all = false;
};

void say(std::string_view text) { print_line(info.name, text); }

// Each line escaped, as names of files may hold anything.
void print(const std::vector<std::string> &lines, int fd)
{
    Output out{fd};

    if (fd == STDERR_FILENO && !lines.empty() && !lines.front().starts_with(' '))
        append(out.buffer(), "snoop-why: ");
    for (const std::string &line : lines) {
        append_escaped(out.buffer(), line);
        append(out.buffer(), "\n");
    }
    out.flush();
}

void add_options(Cli &cli, CommandLine &to)
{
    cli.add_command();
    cli.arguments("FILE", to.files,
                  "Recordings of execsnoop and opensnoop, what they printed with -o json, or a directory of such files")
        .manual("Recordings of `execsnoop` and `opensnoop`, what they printed with `-o json`, or a directory of such "
                "files, in place of a command. `-` is standard input.")
        .completes(Complete::file);
    cli.flag("-a,--all", to.all, "Also print the events that the reason rests on")
        .manual("Also print the events that the reason rests on, and those that failed and did not matter. The output "
                "then has more than ten lines.");
}

void say_losses(const RowsRead &read)
{
    if (read.lost > 0)
        say(fmt::format("{} events were lost: the reason may be among them", read.lost));
}

// The names that are most similar to that of a command that does not exist; empty if none is.
std::string near_command(const std::string &command)
{
    const char *path = std::getenv("PATH");
    const std::vector<std::string> directories = command.find('/') != command.npos
                                                     ? std::vector{std::string{directory_of(command)}}
                                                     : directories_of_path(path ? path : "");

    return near_phrase(near_files(directories, base_name(command)));
}

// Its standard streams are the command's, so the story goes to standard error.
int run_command(const std::vector<std::string> &words, const CommandLine &line)
{
    if (geteuid() != 0)
        throw Error{exit_lacks, "needs root to trace a command: run `sudo {}`", kernel::command_for_sudo("snoop-why")};
    std::optional<TracedRun> started;
    Forest forest;
    const StoryOptions options{true, line.all};

    try {
        started.emplace(words);
    } catch (const Error &error) {
        const std::string near = error.code() == exit_not_found ? near_command(words.front()) : "";
        if (near.empty())
            throw;
        throw Error{exit_not_found, "{}; {}", error.what(), near};
    }
    TracedRun &run = *started;
    run.go();
    const RowsRead read = run.read_into(forest, say);
    const auto pid = static_cast<std::uint32_t>(run.command().pid());
    say_losses(read);
    if (run.exec_error()) {
        print(tell_not_executed(forest, pid, options), STDERR_FILENO);
        std::rethrow_exception(run.exec_error());
    }
    const std::optional<std::size_t> root = find_root(forest, pid);
    if (run.command().has_ended() && run.command().exit_code() != 0 && root) {
        print(tell(forest, *root, options), STDERR_FILENO);
        return run.command().exit_code();
    }
    say(run.command().state());
    if (run.command().exit_code() != 0)
        say("no reason seen: nothing was seen of the command");
    else if (line.all)
        print(tell_what_failed(forest), STDERR_FILENO);
    return run.command().exit_code();
}

int read_files(const CommandLine &line)
{
    Forest forest;
    RowsRead read;

    for (const std::string &file : line.files)
        read += read_rows(
            file, [&](const Row &row) { forest.add(row); }, say);
    forest.complete();
    say_losses(read);
    const std::optional<std::size_t> root = find_root(forest, 0);
    if (root)
        print(tell(forest, *root, {false, line.all}), STDOUT_FILENO);
    else
        print({has_ends(forest) ? "no command failed"
                                : "no end of a program is in what was read: record with `execsnoop --exit --failed`"},
              STDOUT_FILENO);
    return read.is_complete() ? exit_ok : exit_runtime;
}

// A command without its -- would be taken for files, and its options for those of snoop-why.
void expect_dashes(const std::vector<std::string_view> &args)
{
    const auto first = std::ranges::find_if(args, [](std::string_view arg) { return !arg.starts_with('-'); });

    if (first == args.end() || access(std::string{*first}.c_str(), F_OK) == 0 ||
        std::ranges::find(args, "--") != args.end())
        return;
    Buffer line;
    for (auto arg = args.begin(); arg != args.end(); arg++) {
        append(line, arg == first ? " -- " : " ");
        append_quoted(line, *arg);
    }
    throw Error{exit_usage, "there is no file '{}'; to run a command, put -- before it: `snoop-why{}`", *first,
                std::string_view{line.data(), line.size()}};
}

int run(Cli &cli, const std::vector<std::string_view> &args)
{
    CommandLine line;

    add_options(cli, line);
    try {
        cli.parse();
    } catch (const Error &) {
        expect_dashes(args);
        throw;
    }
    expect_dashes(args);
    const std::vector<std::string> &words = cli.common().command;
    if (line.files.empty() == words.empty())
        throw Error{exit_usage, "name either a command, as in `snoop-why -- make`, or recordings"};
    return words.empty() ? read_files(line) : run_command(words, line);
}

} // namespace

int main(int argc, char **argv)
{
    const std::vector<std::string_view> args(argv + 1, argv + argc);

    return snoop::run_main(argc, argv, info, [&](snoop::Cli &cli) { return run(cli, args); });
}

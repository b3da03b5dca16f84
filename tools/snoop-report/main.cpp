// SPDX-License-Identifier: BSD-2-Clause
// snoop-report: makes one page of the rows and recordings of other tools, which any browser shows without a network,
// or a file for another program that shows it.
#include "base/private_file.hpp"
#include "base/stop.hpp"
#include "base/write.hpp"
#include "cli/cli.hpp"
#include "export/protocol.hpp"
#include "forest/forest.hpp"
#include "forest/row_file.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/summary.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace snoop;
using snoop_report::WriteFormat;

constexpr ToolInfo info{"snoop-report", "Make a page with a timeline of processes from recordings, for a browser.",
                        "Examples:\n"
                        "  sudo execsnoop --exit --failed --record make.rec -- make -j8\n"
                        "  snoop-report make.rec -o report.html\n"
                        "  snoop-report make.rec --format folded | flamegraph.pl > make.svg\n"};

enum class Weight { wall, cpu };

struct CommandLine {
    std::vector<std::string> files;
    std::string output, title;
    WriteFormat format = snoop_report::write_html;
    std::optional<Weight> weight;
    bool is_fed = false;
};

void add_options(Cli &cli, CommandLine &to)
{
    cli.arguments("FILE", to.files,
                  "Recordings, rows that a tool printed with -o json, or a directory of such files; -: standard input "
                  "(default)")
        .manual(
            "A recording (`--record`), rows that a tool printed with `-o json`, or a directory, of which all files are "
            "read that are not hidden. What several files tell of a process is joined. `-` is standard input, which is "
            "also read if no FILE is given; a recording is "
            "read from a file only.")
        .completes(Complete::file);
    cli.option("-o,--output", "FILE", to.output, "Write the report to FILE; -: standard output (default)")
        .manual("Write the report to FILE, which is replaced if it exists. Only its owner can read it, since arguments "
                "and paths may hold secrets; with sudo, the owner is the user who called it. `-`, or no FILE, is "
                "standard output, unless that is a terminal.")
        .completes(Complete::file);
    cli.choice<WriteFormat>("--format", "FORMAT", to.format,
                            {{"html", snoop_report::write_html, "a page"},
                             {"chrome", snoop_report::write_chrome, "trace events, for ui.perfetto.dev and speedscope"},
                             {"folded", snoop_report::write_folded, "stacks of programs, for flame graphs"},
                             {"dot", snoop_report::write_dot, "a tree of programs for Graphviz"}},
                            "What to write")
        .manual("What to write: see FORMATS.");
    cli.choice<std::optional<Weight>>("--weight", "TIME", to.weight,
                                      {{"wall", Weight::wall, "while none of the programs that it started ran"},
                                       {"cpu", Weight::cpu, "in user mode and in the kernel"}},
                                      "With --format folded: which time of a program counts")
        .defaults_to("wall")
        .manual("With `--format folded`: which time of a program counts.");
    cli.option("--title", "TEXT", to.title, "The title of the report")
        .manual("The title of the report. Without this option, it is the command that was traced, or the names of "
                "the files if there were several.");
    cli.flag("--feed", to.is_fed, "Take rows from the tool that has started this program")
        .manual("Take rows from the tool that has started this program with a socket as standard input, which is told "
                "what became of them. Signals are ignored.");
}

void say(std::string_view text) { print_line(info.name, text); }

bool is_stdout(const CommandLine &line) { return line.output.empty() || line.output == "-"; }

// The output is removed before it is written.
void check_output(const CommandLine &line)
{
    struct stat output {
    }, input{};

    if (is_stdout(line)) {
        if (line.format == snoop_report::write_html && isatty(STDOUT_FILENO))
            throw Error{exit_usage, "standard output is a terminal: give --output FILE"};
        return;
    }
    if (stat(line.output.c_str(), &output) != 0 || !S_ISREG(output.st_mode))
        return;
    for (const std::string &file : line.files)
        if (stat(file.c_str(), &input) == 0 && input.st_dev == output.st_dev && input.st_ino == output.st_ino)
            throw Error{exit_usage, "--output: '{}' is also read: give another name", line.output};
}

void check_weight(CommandLine &line)
{
    if (line.weight && line.format != snoop_report::write_folded)
        throw Error{exit_usage, "--weight needs --format folded"};
    if (line.weight == Weight::cpu)
        line.format = snoop_report::write_folded_cpu;
}

void check_input(CommandLine &line)
{
    if (!line.files.empty())
        return;
    if (isatty(STDIN_FILENO))
        throw Error{exit_usage, "no FILE is given: name a recording, or rows that a tool printed with -o json"};
    line.files.emplace_back("-");
}

void write_report(const CommandLine &line, const Buffer &report)
{
    const PrivateFile file = is_stdout(line) ? PrivateFile{} : create_private_file("--output", line.output);
    const int fd = is_stdout(line) ? STDOUT_FILENO : file.fd.get();

    if (file.has_replaced)
        say(fmt::format("--output: '{}' is replaced", line.output));
    if (write_all(fd, report.data(), report.size()) < report.size() && (errno != EPIPE || !is_stdout(line)))
        throw Error{exit_runtime, "cannot write to {}: {}", is_stdout(line) ? "standard output" : line.output,
                    describe_errno(errno)};
}

std::string title_of(const CommandLine &line, const Forest &forest)
{
    if (!line.title.empty())
        return line.title;
    return snoop_report::title_of(forest, line.is_fed ? std::vector<std::string>{"execsnoop"} : line.files);
}

RowsRead report(const CommandLine &line)
{
    Forest forest;
    RowsRead read;
    std::uint64_t left_out = 0;

    for (const std::string &file : line.files)
        read += read_rows(
            file, [&](const Row &row) { left_out += forest.add(row) ? 0 : 1; }, say);
    forest.complete();
    if (forest.programs().empty())
        throw Error{exit_usage, "{}",
                    line.is_fed ? "there is no report: no process was seen"
                                : "there is no process in what was read: record with execsnoop --exit"};

    Buffer text;
    line.format(forest, title_of(line, forest), text);
    write_report(line, text);
    for (const std::string &each : snoop_report::summary(forest, read, left_out))
        say(each);
    return read;
}

void tell(const Message &message)
{
    const std::string line = message_line(message);
    [[maybe_unused]] const ssize_t n = send(STDIN_FILENO, line.data(), line.size(), MSG_NOSIGNAL);
}

// The tool prints the reason of an error, and what became of the rows.
int serve_tool(CommandLine &line)
{
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        std::signal(signal, SIG_IGN);
    line.files = {"-"};
    line.output.clear();
    try {
        tell({Message::Kind::ready, 0, {}, {}});
        const RowsRead read = report(line);
        tell({Message::Kind::end, 0, {}, {.sent = read.rows, .invalid = read.invalid}});
        return exit_ok;
    } catch (const Error &error) {
        tell({Message::Kind::failed, static_cast<std::uint64_t>(error.code()), error.what(), {}});
        return error.code();
    }
}

int run(Cli &cli)
{
    CommandLine line;

    add_options(cli, line);
    cli.parse();
    check_weight(line);
    if (line.is_fed)
        return serve_tool(line);
    check_input(line);
    check_output(line);
    // A pipe is read to its end, since the same Ctrl-C ends the program that writes into it.
    if (std::ranges::find(line.files, "-") != line.files.end())
        stop::begin_tracing();
    return report(line).is_complete() ? exit_ok : exit_runtime;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

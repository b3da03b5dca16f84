// SPDX-License-Identifier: BSD-2-Clause
// snoop-report: makes one page of the rows and recordings of other tools, which any browser shows without a network.
#include "base/private_file.hpp"
#include "base/write.hpp"
#include "cli/cli.hpp"
#include "forest/forest.hpp"
#include "forest/row_file.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/summary.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace snoop;
using snoop_report::WriteFormat;

constexpr ToolInfo info{"snoop-report", "Make a page with a timeline of processes from recordings, for a browser.",
                        "Examples:\n"
                        "  sudo execsnoop --exit --record make.rec -- make -j8\n"
                        "  snoop-report make.rec -o report.html\n"};

struct CommandLine {
    std::vector<std::string> files;
    std::string output, title;
    WriteFormat format = snoop_report::write_html;
};

void add_options(Cli &cli, CommandLine &to)
{
    cli.arguments("FILE", to.files, "Recordings, or rows that a tool printed with -o json; -: standard input (default)")
        .manual("A recording (`--record`), or rows that a tool printed with `-o json`. What several files tell of a "
                "process is joined. `-` is standard input, which is also read if no FILE is given; a recording is "
                "read from a file only.")
        .completes(Complete::file);
    cli.option("-o,--output", "FILE", to.output, "Write the report to FILE; -: standard output (default)")
        .manual("Write the report to FILE, which is replaced if it exists. Only its owner can read it, since arguments "
                "and paths may hold secrets; with sudo, the owner is the user who called it. `-`, or no FILE, is "
                "standard output, unless that is a terminal.")
        .completes(Complete::file);
    cli.choice<WriteFormat>("--format", "FORMAT", to.format, {{"html", snoop_report::write_html, "a page"}},
                            "What to write")
        .manual("What to write: see FORMATS.");
    cli.option("--title", "TEXT", to.title, "The title of the report")
        .manual("The title of the report. Without this option, it is the command that was traced, or the names of "
                "the files if there were several.");
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

int run(Cli &cli)
{
    CommandLine line;
    Forest forest;
    RowsRead read;

    add_options(cli, line);
    cli.parse();
    check_input(line);
    check_output(line);
    for (const std::string &file : line.files)
        read += read_rows(
            file, [&](const Row &row) { forest.add(row); }, say);
    forest.complete();
    if (forest.programs().empty())
        throw Error{exit_usage, "there is no process in what was read: record with execsnoop --exit"};

    Buffer report;
    line.format(forest, line.title.empty() ? snoop_report::title_of(forest, line.files) : line.title, report);
    write_report(line, report);
    for (const std::string &text : snoop_report::summary(forest, read))
        say(text);
    return read.is_complete() ? exit_ok : exit_runtime;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

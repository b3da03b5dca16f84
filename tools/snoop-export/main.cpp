// SPDX-License-Identifier: BSD-2-Clause
// snoop-export: sends rows that the other tools print as JSON to a receiver of OpenTelemetry. The only program that
// talks to a network, and the only one with libcurl.
#include "base/stop.hpp"
#include "cli/cli.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-export/exporter.hpp"
#include "snoop-export/settings.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace snoop;

constexpr ToolInfo info{"snoop-export", "Send rows of the other tools to OpenTelemetry, as logs over OTLP/HTTP.",
                        "Examples:\n"
                        "  execsnoop -o json | snoop-export --otlp http://localhost:4318\n"
                        "  snoop-export --otlp https://otel.example.com:4318 rows.json\n"};

constexpr std::uint64_t least_queue = 64 * 1024, most_queue = std::uint64_t{1} << 32;

struct CommandLine {
    snoop_export::Given given;
    snoop_export::Options options;
    std::vector<std::string> files;
};

void add_options(Cli &cli, CommandLine &to)
{
    cli.arguments("FILE", to.files, "Rows that a tool printed with -o json; -: standard input (default)")
        .manual("A file with rows that a tool printed with `-o json`, one object on each line. `-` is standard input, "
                "which is also read if no FILE is given.")
        .completes(Complete::file);
    cli.option("--otlp", "URL", to.given.otlp, "Send to URL/v1/logs")
        .manual("Send to URL/v1/logs. Without this option, the variables of the environment say where; see "
                "ENVIRONMENT.");
    cli.flag("--otlp-args", to.options.with_args, "Also send the arguments of commands")
        .manual("Also send the arguments of the commands that execsnoop shows, as `process.command_args`. They may "
                "hold secrets: see `--redact` of execsnoop(8).");
    cli.size("--otlp-queue", to.options.queue_bytes, least_queue, most_queue,
             "Keep at most so much that is not sent yet")
        .manual("Keep at most SIZE bytes of rows that are not sent yet. Rows of a pipe that find no room are dropped "
                "and counted; a file is read on when there is room.");
    cli.seconds("--otlp-timeout", to.given.timeout_s, "How long the receiver may take")
        .defaults_to("10")
        .manual("How long the receiver may take to answer a request, and, after the end of the rows or a signal, to "
                "accept what is still queued.");
    cli.flag("-v,--verbose", to.options.verbose, "Say what is sent")
        .manual("Print a line about each request to "
                "standard error.");
}

int run(Cli &cli)
{
    CommandLine line;

    add_options(cli, line);
    cli.parse();
    const snoop_export::Settings settings =
        snoop_export::settings_of(line.given, [](const char *name) { return std::getenv(name); });
    snoop_export::Input input{line.files};
    const auto say = [](std::string_view text) { print_line(info.name, text); };
    snoop_export::Exporter exporter{settings, line.options, std::move(input), say};
    stop::begin_tracing(); // from here on, a signal only ends the reading
    return exporter.run() ? exit_ok : exit_runtime;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

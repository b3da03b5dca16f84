// SPDX-License-Identifier: BSD-2-Clause
// snoop-export: sends rows that the other tools print as JSON to a receiver of OpenTelemetry. The only program that
// talks to a network, and the only one with libcurl.
#include "base/stop.hpp"
#include "cli/cli.hpp"
#include "export/protocol.hpp"
#include "libbpf/log.hpp"
#include "metrics/protocol.hpp"
#include "run/run_main.hpp"
#include "snoop-export/accounting.hpp"
#include "snoop-export/exporter.hpp"
#include "snoop-export/metrics_server.hpp"
#include "snoop-export/request_writer.hpp"
#include "snoop-export/settings.hpp"

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace snoop;

constexpr ToolInfo info{"snoop-export", "Send rows of the other tools to OpenTelemetry, as logs over OTLP/HTTP.",
                        "Examples:\n"
                        "  execsnoop -o json | snoop-export --otlp http://localhost:4318\n"
                        "  snoop-export --otlp https://otel.example.com:4318 rows.json\n"};

// By a tool, which has started this program, with all but the first.
enum class Fed { rows, live, replay, metrics };

struct CommandLine {
    snoop_export::Given given;
    snoop_export::Options options;
    snoop_export::MetricsTarget metrics;
    Fed fed = Fed::rows;
    std::vector<std::string> files;
};

void add_options(Cli &cli, CommandLine &to)
{
    cli.arguments("FILE", to.files, "Rows that a tool printed with -o json; -: standard input (default)")
        .manual("A file with rows that a tool printed with `-o json`, one object on each line. `-` is standard input, "
                "which is also read if no FILE is given.")
        .completes(Complete::file);
    cli.choice<std::optional<bool>>("-o,--output", "FORMAT", to.given.to_stdout,
                                    {{"otlp", true, "requests of OTLP/HTTP in JSON, one on each line"}},
                                    "Write requests to standard output, and do not send them")
        .manual("Write requests to standard output, and do not send them: see OUTPUT.");
    cli.option("--otlp", "URL", to.given.otlp, "Send to URL/v1/logs")
        .manual("Send to URL/v1/logs. Without this option, the variables of the environment say where; see "
                "ENVIRONMENT.");
    cli.flag("--otlp-args", to.options.with_args, "Also send the arguments of commands")
        .manual("Also send the arguments of the commands that execsnoop shows, as `process.command_args`. They may "
                "hold secrets: see `--redact` of execsnoop(8).");
    cli.size("--otlp-queue", to.options.queue_bytes, OtlpOptions::least_queue, OtlpOptions::most_queue,
             "Keep at most so much that is not sent yet")
        .manual("Keep at most SIZE bytes of rows that are not sent yet. Rows of a pipe that find no room are dropped "
                "and counted; a file is read on when there is room.");
    cli.option("--otlp-spool", "DIR", to.options.spool, "Keep what is not sent yet in DIR, for the next run, too")
        .manual("Keep what is not sent yet in DIR, from where the next run with this option sends it: see SPOOL.")
        .completes(Complete::directory);
    cli.seconds("--otlp-timeout", to.given.timeout_s, "How long the receiver may take")
        .defaults_to("10")
        .manual("How long the receiver may take to answer a request, and, after the end of the rows or a signal, to "
                "accept what is still queued.");
    cli.choice<Fed>("--feed", "KIND", to.fed,
                    {{"live", Fed::live, "rows that are dropped if there is no room"},
                     {"replay", Fed::replay, "rows that wait until there is room"},
                     {"metrics", Fed::metrics, "metrics, each time that somebody asks for them"}},
                    "Take rows or metrics from the tool that has started this program")
        .manual("Take rows or metrics from the tool that has started this program with a socket as standard input and "
                "output, which is told what became of them. Signals are ignored.");
    cli.option("--metrics", "ADDR:PORT", to.metrics.address, "With --feed metrics: serve them there");
    cli.option("--metrics-file", "FILE", to.metrics.file, "With --feed metrics: write them to FILE")
        .completes(Complete::file);
    cli.flag("--spans", to.given.spans, "Send rows of execsnoop --exit as spans, to URL/v1/traces")
        .manual("Send rows of `execsnoop --exit` as spans, to URL/v1/traces: see SPANS.");
    cli.flag("-v,--verbose", to.options.verbose, "Say what is sent")
        .manual("Print a line about each request to "
                "standard error.");
}

void say(std::string_view text) { print_line(info.name, text); }

// To the tool. Without it, rows that are queued are sent nevertheless.
void tell(const std::string &line, int flags = 0)
{
    [[maybe_unused]] const ssize_t n = send(STDIN_FILENO, line.data(), line.size(), flags | MSG_NOSIGNAL);
}

// One that finds no room is followed by others, but for the last one.
void tell(const Message &message)
{
    tell(message_line(message), message.kind == Message::Kind::so_far ? MSG_DONTWAIT : 0);
}

snoop_export::Settings settings_of(const CommandLine &line)
{
    return snoop_export::settings_of(line.given, [](const char *name) { return std::getenv(name); });
}

// The trace that TRACEPARENT names, as in a job of continuous integration, or a new one.
std::optional<snoop_export::Spans> spans_of(const CommandLine &line)
{
    const char *text = std::getenv("TRACEPARENT");

    if (!line.given.spans)
        return std::nullopt;
    const auto parent = snoop_export::parse_traceparent(text ? text : "");
    snoop_export::Spans spans{parent};
    if (text && *text && !parent)
        say(fmt::format("TRACEPARENT: '{}' is not the context of a trace: the spans are a new one", text));
    if (line.options.verbose)
        say(fmt::format("trace {}", spans.trace_id()));
    return spans;
}

snoop_export::RowReader reader_of(const CommandLine &line)
{
    return {snoop_export::Input{line.files, line.options.feed == Feed::replay}, line.options.with_args, spans_of(line),
            say};
}

int write_requests(const CommandLine &line, const snoop_export::Settings &settings)
{
    snoop_export::RequestWriter writer{{settings.resource, settings.gzip, settings.spans}, reader_of(line), {}};

    stop::begin_tracing();
    writer.run();
    const ExportCounts &counts = writer.counts();
    say(snoop_export::as_text_of_writing(counts, writer.reader().rows()));
    return counts.invalid > 0 || writer.reader().has_failed() ? exit_runtime : exit_ok;
}

int export_files(const CommandLine &line)
{
    const snoop_export::Settings settings = settings_of(line);

    if (line.given.to_stdout)
        return write_requests(line, settings);
    snoop_export::Exporter exporter{settings, line.options, reader_of(line), say, [](const ExportCounts &) {}};

    stop::begin_tracing(); // from here on, a signal only ends the reading
    const bool is_complete = exporter.run();
    say(snoop_export::as_text(exporter.counts(), exporter.read()));
    return is_complete ? exit_ok : exit_runtime;
}

void tell_so_far(const ExportCounts &counts) { tell({Message::Kind::so_far, 0, {}, counts}); }

bool export_for_tool(const CommandLine &line)
{
    const snoop_export::Settings settings = settings_of(line);

    const auto is_ready = [&] {
        tell({Message::Kind::ready, static_cast<std::uint64_t>(settings.timeout.count()), {}, {}});
    };
    if (line.given.to_stdout) {
        snoop_export::RequestWriter writer{
            {settings.resource, settings.gzip, settings.spans}, reader_of(line), tell_so_far};
        is_ready();
        writer.run();
        tell({Message::Kind::end, 0, {}, writer.counts()});
        return true;
    }
    snoop_export::Exporter exporter{settings, line.options, reader_of(line), say, tell_so_far};
    is_ready();
    const bool is_complete = exporter.run();
    tell({Message::Kind::end, 0, {}, exporter.counts()});
    return is_complete;
}

// The tool prints the reason of an error, and what became of the rows.
int serve_tool(const CommandLine &line)
{
    try {
        return export_for_tool(line) ? exit_ok : exit_runtime;
    } catch (const Error &error) {
        tell({Message::Kind::failed, static_cast<std::uint64_t>(error.code()), error.what(), {}});
        return error.code();
    }
}

void check_options(const CommandLine &line)
{
    if (!line.given.to_stdout)
        return;
    for (const auto &[option, is_given] : {std::pair{"--otlp", !line.given.otlp.empty()},
                                           {"--otlp-spool", !line.options.spool.empty()},
                                           {"--otlp-timeout", line.given.timeout_s.has_value()}})
        if (is_given)
            throw Error{exit_usage, "-o otlp writes to standard output: omit {}", option};
}

int serve_metrics(const CommandLine &line)
{
    try {
        const auto ready = [](const std::string &where) {
            tell(metrics_message_line({MetricsMessage::Kind::ready, 0, where}));
        };
        snoop_export::serve_metrics(line.metrics, {say, ready, [] { std::_Exit(exit_ok); }});
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
    check_options(line);
    if (line.fed == Fed::rows)
        return export_files(line);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        std::signal(signal, SIG_IGN);
    if (line.fed == Fed::metrics)
        return serve_metrics(line);
    line.options.feed = line.fed == Fed::live ? Feed::live : Feed::replay;
    return serve_tool(line);
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

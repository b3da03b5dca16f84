// SPDX-License-Identifier: BSD-2-Clause
// --otlp, and what belongs to it.
#include "cli/cli.hpp"

#include <utility>

namespace snoop {

void Cli::add_otlp()
{
    OtlpOptions &otlp = common_.otlp;

    section_ = Section::output;
    option("--otlp", "URL", otlp.url, "Also send rows to OpenTelemetry at URL, such as http://localhost:4318")
        .manual("Also send each row that is printed to a receiver of OpenTelemetry at URL, as snoop-export(8) does: as "
                "a log record with all keys of JSON, whatever --output and --fields say. See OPENTELEMETRY.");
    flag("--otlp-args", otlp.with_args, "Also send the arguments of commands")
        .manual("With --otlp or `-o otlp`, also send the arguments of commands, which may hold secrets.");
    size("--otlp-queue", otlp.queue_bytes, OtlpOptions::least_queue, OtlpOptions::most_queue,
         "Keep at most so much that is not sent yet")
        .defaults_to(size_text(OtlpOptions::default_queue))
        .manual("With --otlp, keep at most SIZE bytes of rows that are not sent yet. Rows that find no room are "
                "dropped and counted.");
    option("--otlp-spool", "DIR", otlp.spool, "Keep what is not sent yet in DIR, for the next run, too")
        .manual("With --otlp, keep what is not sent yet in DIR, from where the next run with this option sends it: see "
                "SPOOL of snoop-export(8). --otlp-queue is the limit. DIR belongs to the user who called sudo; if that "
                "is root, it belongs to another user, and snoop-export runs as that one.")
        .completes(Complete::directory);
    seconds("--otlp-timeout", otlp.timeout_s, "How long the receiver may take")
        .defaults_to("10")
        .manual("With --otlp, how long the receiver may take to answer a request, and, when the tool ends, to accept "
                "all rows that are still queued.");
    section_ = Section::own;
}

void Cli::check_otlp() const
{
    const auto &o = common_;

    if (o.format == Format::otlp && !o.otlp.url.empty())
        throw Error{exit_usage, "-o otlp writes what --otlp sends: omit one of them"};
    if (is_by_helper(o.format) && !o.fields.empty())
        throw Error{exit_usage, "--fields does not apply to {}, which {} all keys: omit it",
                    o.report.empty() ? std::string{"-o "} + format_name(o.format) : "--report",
                    o.format == Format::otlp ? "has" : "needs"};
    for (const auto &[option, is_given] : {std::pair{"--otlp-args", o.otlp.with_args && o.format != Format::otlp},
                                           {"--otlp-queue", o.otlp.queue_bytes.has_value()},
                                           {"--otlp-spool", !o.otlp.spool.empty()},
                                           {"--otlp-timeout", o.otlp.timeout_s.has_value()}})
        if (is_given && o.otlp.url.empty())
            throw Error{exit_usage, "{} needs --otlp: say where to send rows, as --otlp http://localhost:4318", option};
}

} // namespace snoop

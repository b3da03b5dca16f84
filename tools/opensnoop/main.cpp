// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: shows every file that is opened. Its options, and its run.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "opensnoop/hooks.hpp"
#include "opensnoop/options.hpp"
#include "opensnoop/row.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"

#include <string>
#include <vector>

namespace {

using namespace snoop;
using namespace snoop::opensnoop;

constexpr ToolInfo info{"opensnoop", "Shows every file that is opened, as it happens.",
                        "Examples:\n"
                        "  opensnoop                     every open, and every attempt\n"
                        "  opensnoop -x                  only those that fail\n"
                        "  opensnoop -F --path /etc      below /etc, as the file is really called\n"
                        "  opensnoop -e --flags O_CREAT  what makes files\n"
                        "  opensnoop -- make test        what a command opens, and all below it\n"
                        "  opensnoop -o json | jq .path",
                        OPEN_FORMAT};

void add_options(Cli &cli, Options &options)
{
    cli.flag("-x,--failed", options.failed, "Show failed attempts only");
    cli.flag("-e,--extended-fields", options.extended, "Show flags and mode");
    cli.flag("-F,--full-path", options.full_path, "Show the path from the root on, as the file is really called");
    cli.option("--path", "PREFIX", options.prefixes, "Only paths that begin so, as given; repeatable");
    cli.option("--suffix", "EXT", options.suffixes, "Only paths that end so, as given; repeatable");
    cli.option("--flags", "LIST", options.flag_lists, "Only with any of these: O_WRONLY,O_CREAT; repeatable");
    cli.choice<Probe>("--probe", options.probe,
                      {{"auto", Probe::automatic},
                       {"fentry", Probe::fentry},
                       {"kprobe", Probe::kprobe},
                       {"raw_tp", Probe::raw_tracepoint},
                       {"tracepoint", Probe::tracepoint}},
                      "Which hooks (default: the first of these that the system has)");
}

void check_options(Options &options)
{
    const auto check = [](const char *option, const std::vector<std::string> &words, std::size_t most) {
        for (const auto &word : words)
            if (word.size() > most)
                throw Error{exit_usage, "{}: '{}' has {} bytes, at most {} can be compared", option, word, word.size(),
                            most};
    };

    check("--path", options.prefixes, OPEN_PREFIX_MAX);
    check("--suffix", options.suffixes, OPEN_SUFFIX_MAX);
    for (const auto &list : options.flag_lists)
        options.flags.add("--flags", list);
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_rows(describe_rows);
    add_options(cli, options);
    cli.parse();
    check_options(options);

    Session session{info, cli.common()};
    OpenSink sink{session, options};
    return session.run<opensnoop_bpf>(sink, [&] { return attach_methods(session, options); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

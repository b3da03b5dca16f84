// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: shows each hit of a program's static probes.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "usdtsnoop/hooks.hpp"
#include "usdtsnoop/list.hpp"
#include "usdtsnoop/options.hpp"
#include "usdtsnoop/row.hpp"
#include "usdtsnoop/usdt_targets.hpp"
#include <snoop/usdtsnoop.h>

#include <algorithm>
#include <string>
#include <vector>

#include "table/json_schema.hpp"
#include "usdtsnoop.skel.h"

namespace {

using namespace snoop;
using namespace snoop::usdtsnoop;

constexpr ToolInfo info{"usdtsnoop",
                        "Show each hit of a program's static probes (USDT), with its arguments.",
                        "Examples:\n"
                        "  usdtsnoop --list libstdc++.so.6              probes of a library or program\n"
                        "  usdtsnoop libstdc++.so.6:libstdcxx:throw     all C++ exceptions on the system\n"
                        "  usdtsnoop -s 1,2 python3:python:function__*  arguments 1 and 2 as strings\n"
                        "  usdtsnoop -p 42 '*:*:*'                      all probes of process 42\n"
                        "  usdtsnoop ./app:app:* -- ./app               the probes that a command hits\n",
                        USDT_FORMAT,
                        ToolInfo{}.power,
                        true};

// Parses the numbers of arguments: "1,3".
void add_strings(std::vector<std::size_t> &strings, std::string_view option, std::string_view list)
{
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        strings.push_back(parse_count(option, list.substr(at, end - at), USDT_ARGS));
        at = end + 1;
    }
}

void add_options(Cli &cli, Options &options)
{
    cli.arguments("PROBE", options.probes, "BINARY:PROVIDER:NAME; PROVIDER and NAME can be patterns")
        .completes(Complete::file);
    cli.option("--list", "BINARY", options.list, "List the probes of a program or library, and exit")
        .manual("List the probes of BINARY and exit. A row has the location of a probe, the types of its arguments, "
                "and whether it has a semaphore. Does not need root.")
        .completes(Complete::file);
    cli.each(
           "-s,--string", "N[,N]",
           [&options](std::string_view name, const std::string &list) { add_strings(options.strings, name, list); },
           "Print these arguments as strings; the first is 1")
        .manual("Treat the arguments with these numbers as addresses of strings, and print the strings. The first "
                "argument is 1. An argument whose size or sign rules out an address is printed as a number.");
    cli.size("--string-size", options.string_max, 1, USDT_STRING_MAX, "Keep up to SIZE bytes of a string, at most 4K")
        .manual("Keep up to SIZE bytes of a string, at most 4K, and 16K of all strings of a hit. `...` follows a "
                "string that was cut.");
}

void check_options(Options &options, const CommonOptions &common)
{
    for (const auto &text : options.probes)
        options.patterns.emplace_back(text);
    if (!options.list.empty() && !options.probes.empty())
        throw Error{exit_usage, "--list takes no probe: omit '{}'", options.probes.front()};
    if (!options.list.empty() && common.format == Format::otlp)
        throw Error{exit_usage, "-o otlp does not apply to --list, which has no events: omit it"};
    if (options.list.empty() && options.probes.empty() && common.replay.empty())
        throw Error{exit_usage, "missing PROBE: give BINARY:PROVIDER:NAME; `usdtsnoop --list BINARY` lists probes"};
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_trial({"libstdc++.so.6:libstdcxx:throw"});
    cli.describe_rows([] {
        return json_schema("usdtsnoop", {{"usdt", "A probe was hit.", row_keys()},
                                         {"probe", "A probe that --list found.", list_keys()},
                                         event_accounting("usdtsnoop", {}, {}).describe(),
                                         export_accounting("usdtsnoop").describe()});
    });
    add_options(cli, options);
    cli.parse();
    const CommonOptions &common = cli.common();
    check_options(options, common);
    if (!options.list.empty())
        return list_probes(info, options.list, common);

    // Files of others are read before the session blocks signals: however long that takes, one ends it.
    const bool traces = common.replay.empty();
    const UsdtTargets targets{traces ? options.patterns : std::vector<UsdtPattern>{}, common.numbers("--pid")};
    Session session{info, common};
    UsdtSink sink{session, options};
    if (!traces)
        return session.run<usdtsnoop_bpf>(sink, [] { return std::vector<AttachMethod<usdtsnoop_bpf>>{}; });
    for (const std::string &notice : targets.notices())
        session.log().line("{}", notice);
    const Hooks hooks{session, options, targets};
    return session.run<usdtsnoop_bpf>(sink, [&] { return hooks.attach_methods(); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

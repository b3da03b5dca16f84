// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: shows each hit of a program's static probes. Its options, and its run.
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

constexpr ToolInfo info{"usdtsnoop", "Shows each hit of a program's static probes (USDT), with its arguments.",
                        "Examples:\n"
                        "  usdtsnoop --list libstdc++.so.6               the probes of a library or a program\n"
                        "  usdtsnoop libstdc++.so.6:libstdcxx:throw      every C++ exception on this system\n"
                        "  usdtsnoop -s 1,2 python3:python:function__*   arguments 1 and 2 as strings\n"
                        "  usdtsnoop -p 42 '*:*:*'                       all probes of all that process 42 runs\n"
                        "  usdtsnoop ./app:app:* -- ./app                what a command hits, and all below it",
                        USDT_FORMAT};

void add_options(Cli &cli, Options &options)
{
    cli.arguments(
        "PROBE", options.probes,
        "BINARY:PROVIDER:NAME. BINARY is a path, or a name that is looked for on the PATH and where libraries "
        "are; with -p among what the process has mapped. PROVIDER and NAME, with -p also BINARY, may have "
        "wildcards");
    cli.option("--list", "BINARY", options.list, "Show the probes of a program or library, and exit; needs no root");
    cli.option("-s,--string", "N[,N]", options.string_lists,
               "Arguments that are addresses of strings, by their numbers from 1; repeatable");
    cli.option("--string-size", "SIZE", options.string_size, "Bytes kept of a string: 256, up to 4K");
}

void check_options(Options &options, const CommonOptions &common)
{
    for (const auto &text : options.probes)
        options.patterns.emplace_back(text);
    for (const auto &text : options.string_lists)
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find(',', at), text.size());
            options.strings.push_back(parse_count("--string", text.substr(at, end - at), USDT_ARGS));
            at = end + 1;
        }
    const auto size = parse_size("--string-size", options.string_size);
    if (size < 1 || size > USDT_STRING_MAX)
        throw Error{exit_usage, "--string-size: invalid size '{}': give 1 to 4K", options.string_size};
    options.string_max = static_cast<std::uint32_t>(size);
    if (!options.list.empty() && !options.probes.empty())
        throw Error{exit_usage, "--list takes no '{}'; leave out one of them", options.probes.front()};
    if (options.list.empty() && options.probes.empty() && common.replay.empty())
        throw Error{exit_usage, "say which probe: BINARY:PROVIDER:NAME; `usdtsnoop --list BINARY` shows what there is"};
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_trial({"libstdc++.so.6:libstdcxx:throw"});
    cli.describe_rows([] {
        return json_schema("usdtsnoop", {{"usdt", "A probe was hit.", row_keys()},
                                         {"probe", "A probe that --list found.", list_keys()}});
    });
    add_options(cli, options);
    cli.parse();
    const CommonOptions &common = cli.common();
    check_options(options, common);
    if (!options.list.empty())
        return list_probes(info, options.list, common);

    Session session{info, common};
    UsdtSink sink{session, options};
    if (!common.replay.empty())
        return session.run<usdtsnoop_bpf>(sink, [] { return std::vector<AttachMethod<usdtsnoop_bpf>>{}; });
    const UsdtTargets targets{options.patterns, common.pids};
    const Hooks hooks{session, options, targets};
    return session.run<usdtsnoop_bpf>(sink, [&] { return hooks.attach_methods(); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: shows every file that is opened.
#include "cli/cli.hpp"
#include "opensnoop/hooks.hpp"
#include "opensnoop/options.hpp"
#include "opensnoop/row.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"

#include <optional>

#include "opensnoop.skel.h"

namespace {

using namespace snoop;
using namespace snoop::opensnoop;

constexpr ToolInfo info{"opensnoop", "Show every file that is opened, as it happens.",
                        "Examples:\n"
                        "  opensnoop                     every open, also failed ones\n"
                        "  opensnoop -x                  failed lookups only\n"
                        "  opensnoop --errno EACCES      what is not permitted\n"
                        "  opensnoop -F --path /etc      below /etc, with full paths\n"
                        "  opensnoop -e --flags O_CREAT  opens that may create files\n"
                        "  opensnoop -- make test        what a command and its descendants open\n"
                        "  opensnoop -o json | jq .path\n",
                        OPEN_FORMAT, "see the names of all files that anybody opens"};

void add_options(Cli &cli, Options &options)
{
    cli.flag("-x,--failed", options.failed, "Show only failed attempts").filters();
    cli.flag("-e,--extended-fields", options.extended, "Print the open flags and the mode")
        .manual("Print the columns FLAGS (names) and MODE (octal).");
    cli.flag("-F,--full-path", options.full_path, "Print the full path of the file")
        .manual("Print in PATH the full path of the file that was opened, from the root of the mount namespace on, "
                "with links, working directory, directory descriptors, mounts and a chroot resolved. For a failed "
                "attempt: where the path starts, followed by the path.");
    cli.conditions("--path", "PREFIX", options.prefixes, at_most(OPEN_PREFIX_MAX),
                   "Only paths that begin with PREFIX; !PREFIX: only others")
        .manual("Only paths that begin with PREFIX: as the caller gave them, or with -F as they are shown, where they "
                "led. A PREFIX with `*`, `?` or `[` is compared with the whole path: `*/passwd`. `!PREFIX` leaves out "
                "what PREFIX matches. Compared in the kernel, but in user space with -F or wildcards; at most 256 "
                "bytes.")
        .completes(Complete::directory);
    cli.conditions("--suffix", "EXT", options.suffixes, at_most(OPEN_SUFFIX_MAX),
                   "Only paths that end with EXT; !EXT: only others")
        .manual("Only paths that end with EXT; as for --path. At most 32 bytes.");
    options.add_flags_to(cli);
    options.add_probe_to(cli);
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_rows(describe_rows);
    cli.add_result_filters();
    add_options(cli, options);
    cli.parse();

    Session session{info, cli.common()};
    OpenSink sink{session, options};
    std::optional<OpenHooks<opensnoop_bpf>> hooks;
    return session.run<opensnoop_bpf>(
        sink, [&] { return hooks.emplace(session.log(), options, wanted_paths(session, options)).methods(); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

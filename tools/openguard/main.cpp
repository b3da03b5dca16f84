// SPDX-License-Identifier: BSD-2-Clause
// openguard: shows or denies opens of guarded files. Its options, and its run.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "openguard/hooks.hpp"
#include "openguard/options.hpp"
#include "openguard/row.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"

#include "openguard.skel.h"

namespace {

using namespace snoop;
using namespace snoop::openguard;

constexpr ToolInfo info{"openguard", "Show who opens given files and directories or, with --enforce, forbid it.",
                        "Examples:\n"
                        "  openguard /etc/shadow                   who opens it, by whatever name\n"
                        "  openguard -e /srv/keys ~/.ssh           everything below a directory, too\n"
                        "  openguard --inode 8:1:131               a file by its numbers\n"
                        "  openguard --enforce -u alice /srv/keys  alice gets EPERM\n"
                        "  openguard --enforce -d 60 /srv/keys     nobody can open it, for a minute\n"
                        "  openguard -o json /etc/shadow | jq .comm\n",
                        GUARD_FORMAT};

void add_options(Cli &cli, Options &options)
{
    cli.arguments("PATH", options.paths, "Files to guard, and directories with everything below them")
        .completes(Complete::file);
    cli.flag("--enforce", options.enforce, "Deny: opens of guarded files fail with EPERM")
        .manual("Deny: opens of guarded files fail with EPERM. Without this option they are shown and succeed.");
    cli.option("--inode", "DEV:INODE", options.inodes, "Guard an inode: MAJOR:MINOR:INODE")
        .manual("Guard an inode by its numbers, MAJOR:MINOR:INODE: `8:1:131`. /proc/self/mountinfo has the numbers of "
                "the device.");
    cli.flag("-e,--extended-fields", options.extended, "Print the system call and the flags")
        .manual("Print the columns VIA and FLAGS: the system call, and the flags of open(2) by name.");
}

void check_options(const Options &options, const CommonOptions &common)
{
    const bool none = options.paths.empty() && options.inodes.empty();

    if (common.replay.empty() && none)
        throw Error{exit_usage, "nothing to guard: give a PATH or --inode"};
    if (!common.replay.empty() && (!none || options.enforce))
        throw Error{exit_usage, "--replay guards nothing: leave out PATH, --inode and --enforce"};
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_trial({"/etc/shadow"});
    cli.describe_rows(describe_rows);
    add_options(cli, options);
    cli.parse();
    check_options(options, cli.common());

    Session session{info, cli.common()};
    GuardSink sink{session, options};
    Guarding guarding{session, options};
    try {
        return session.run<openguard_bpf>(sink, [&] { return guarding.attach_methods(); });
    } catch (const Error &error) {
        if (error.code() == exit_lacks && !guarding.needs().empty())
            throw Error{exit_lacks, "{}; {}", error.what(), guarding.needs()};
        throw;
    }
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }

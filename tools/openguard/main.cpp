// SPDX-License-Identifier: BSD-2-Clause
// openguard: shows or denies opens of guarded files.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "openguard/hooks.hpp"
#include "openguard/options.hpp"
#include "openguard/row.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"

#include <array>
#include <sstream>
#include <string>
#include <string_view>

#include "openguard.skel.h"

namespace {

using namespace snoop;
using namespace snoop::openguard;

constexpr ToolInfo info{"openguard", "Show who opens the given files and directories, and deny it with --enforce.",
                        "Examples:\n"
                        "  openguard /etc/shadow                   who opens it, by any name\n"
                        "  openguard -e /srv/keys ~/.ssh           everything below two directories\n"
                        "  openguard --inode 8:1:131               a file by device and inode\n"
                        "  openguard --enforce -u alice /srv/keys  alice gets EPERM\n"
                        "  openguard --enforce -d 60 /srv/keys     nobody can open it, for a minute\n"
                        "  openguard -o json /etc/shadow | jq .comm\n",
                        GUARD_FORMAT, "see who opens any file, and deny files to everybody, root included"};

void add_also(Cli &cli, Options &options)
{
    constexpr std::array operations{GUARD_WRITE, GUARD_UNLINK, GUARD_RENAME, GUARD_LINK, GUARD_EXEC, GUARD_MMAP};
    Option &also = cli.each("--also", "OPERATIONS", {}, "Meet other operations on guarded files, too");

    also.choices = {{"write", "to files that are already open"},
                    {"unlink", "and rmdir"},
                    {"rename", "of them, or over them"},
                    {"link", "hard links"},
                    {"exec", "with --on write, which leaves it out"},
                    {"mmap", "of files that are already open"}};
    also.take = [&, operations](std::string_view name, const std::string &text) {
        std::istringstream words{text + ","};
        for (std::string word; std::getline(words, word, ',');)
            options.also |= 1u << operations[detail::parse_choice(name, word, also.choices)];
    };
    also.manual("Meet these operations on guarded files, too, separated by commas: they are shown, and with "
                "`--enforce` they fail with EPERM.");
}

void add_options(Cli &cli, Options &options)
{
    cli.arguments("PATH", options.paths, "Files to guard, or directories with everything below them")
        .completes(Complete::file);
    cli.flag("--enforce", options.enforce, "Make opens of guarded files fail with EPERM")
        .manual("Make opens of guarded files fail with EPERM. Without this option they are printed and succeed.");
    cli.option("--inode", "DEV:INODE", options.inodes, "Guard an inode, given as MAJOR:MINOR:INODE")
        .manual("Guard an inode, given as MAJOR:MINOR:INODE, such as `8:1:131`. /proc/self/mountinfo lists the device "
                "numbers.");
    cli.choice<bool>("--on", "KIND", options.on_write,
                     {{"open", false, "any open"}, {"write", true, "opens that can write, and truncate(2)"}},
                     "Opens that are met");
    add_also(cli, options);
    cli.option("--except-comm", "NAME", options.except_comms, "Let processes with this name open guarded files")
        .manual("Let threads and processes with this name open guarded files. A thread can choose its name, so this "
                "keeps rows out, but nobody who means it.")
        .filters();
    cli.option("--except-exe", "PATH", options.except_exes, "Let processes that run this program open guarded files")
        .completes(Complete::file)
        .filters()
        .manual("Let processes that run this program open guarded files. It is the file that counts, not its name: a "
                "program that is installed anew is another file. For a script, the program is its interpreter.");
    cli.count("--entries", options.entries, "Room for N guarded inodes", GUARD_ENTRIES_MOST)
        .manual("Room for N guarded inodes: the PATHs, files below them with several hard links, and what is linked or "
                "moved out of guarded directories. By default 262144 for each PATH; `-v` prints the number. When the "
                "room is used up, `--enforce` makes such links and renames fail.");
    cli.flag("-e,--extended-fields", options.extended, "Print the system call and the flags")
        .manual("Print the columns VIA (the system call) and FLAGS (the names of the open flags).");
}

void check_options(const Options &options, const CommonOptions &common)
{
    const bool none = options.paths.empty() && options.inodes.empty();

    if (common.replay.empty() && none)
        throw Error{exit_usage, "nothing to guard: give a PATH or --inode"};
    if (!common.replay.empty() && (!none || options.enforce || options.also != 0))
        throw Error{exit_usage, "--replay cannot guard files: omit PATH, --inode, --also and --enforce"};
    // User space decides on a new cgroup after its first event, which cannot wait.
    if (options.enforce && common.filters_places())
        throw Error{exit_usage, "--enforce cannot be combined with --container or --unit: use --cgroup"};
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
    session.show_exporter(); // nobody is exempt from being guarded against
    GuardSink sink{session, options};
    Guarding guarding{session, options, [&](const guard_state &state) { sink.watch(state); }};
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

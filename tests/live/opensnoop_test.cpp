// SPDX-License-Identifier: BSD-2-Clause
// opensnoop on this kernel: the contract of every event tool, then what is its own: the
// ways to open, by each kind of hook; columns; filters; what a path leads to.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "open_ways.hpp"

#include "kernel/features.hpp"
#include <snoop/opensnoop.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// Hooks for tests that are not about hooks: they attach and detach quickly, and the kernel
// the kernel skips.
std::string quick_probe() { return kernel::may_preempt_programs() ? "auto" : "raw_tp"; }

const EventTool opensnoop{
    .name = "opensnoop",
    .event = "open",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        return [path = dir.folder(marker), comm] {
            prctl(PR_SET_NAME, comm.c_str());
            _exit(open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0 ? 0 : errno);
        };
    },
    .probe = quick_probe(),
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(opensnoop)));

using Args = std::vector<std::string>;

constexpr std::size_t longest_prefix = OPEN_PREFIX_MAX, longest_suffix = OPEN_SUFFIX_MAX;

// Each kind of hook, and what it shows: tests/live/routes.

// A record wakes the consumer only if it sleeps, with either transport.
TEST(OpensnoopWaking, IsRareInAFlood)
{
    constexpr int opens = 20'000;

    for (const char *transport : {"ring", "perf"}) {
        if (std::string_view{transport} == "ring" && !kernel::has_ring_buffer())
            continue;
        ToolRun tool{"opensnoop", {"-v", "-n", "flooder", "--transport", transport}};
        const Ended done = in_child([] {
            prctl(PR_SET_NAME, "flooder");
            for (int n = 0; n < opens; n++)
                if (open("/no/such/file", O_RDONLY) >= 0)
                    _exit(1);
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        const std::string err = tool.err();
        const Groups said = first_groups_in(err, R"(opensnoop: (\d+) wake-ups)");
        ASSERT_EQ(said.size(), 2u) << err;
        EXPECT_LT(std::stoi(said[1]), opens / 10) << transport;
    }
}

// ---- rows as a whole -----------------------------------------------------------------------

constexpr const char *header = "PID     COMM             FD   ERR  PATH";

class OpensnoopRows : public testing::Test {
protected:
    static std::string text_row(pid_t pid, int fd, int err, std::string_view path)
    {
        return fmt::format("{:<7} {:<16} {:<4} {:<4} {}", pid, "opener", fd, err, path);
    }
    // The descriptors that a child got, in its order; -1 for one that failed.
    pid_t open_all(const std::vector<std::string> &paths, std::vector<int> *fds = nullptr) const
    {
        const auto [out, in] = make_pipe();
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "opener");
            for (const std::string &path : paths) {
                const int fd = open(path.c_str(), O_RDONLY);
                if (write(in.get(), &fd, sizeof(fd)) != sizeof(fd))
                    _exit(1);
            }
        });
        EXPECT_EQ(done.status, 0);
        for (std::size_t i = 0; i < paths.size(); i++) {
            int fd = 0;
            EXPECT_EQ(read(out.get(), &fd, sizeof(fd)), static_cast<ssize_t>(sizeof(fd)));
            if (fds)
                fds->push_back(fd);
        }
        return done.pid;
    }

    const WithProbe quick{quick_probe()};
    TempDir dir;
    const std::string one = dir.file("one", "1");
};

TEST_F(OpensnoopRows, Text)
{
    ToolRun tool{"opensnoop", {"-n", "opener"}};
    std::vector<int> fds;

    const pid_t pid = open_all({one, dir.at("no\n thing")}, &fds);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(),
                ElementsAre(header, text_row(pid, fds[0], 0, one), text_row(pid, -1, ENOENT, dir.at("no\\n thing"))));
}

TEST_F(OpensnoopRows, FlagsAndMode)
{
    ToolRun tool{"opensnoop", {"-e", "-n", "opener"}};
    const std::string made = dir.at("made");

    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        close_range(3, ~0u, 0); // the two that come are neighbours
        const int fd = open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640);
        const int two = open(made.c_str(), O_RDONLY | O_CLOEXEC);
        _exit(fd >= 0 && two == fd + 1 ? fd : 0);
    });
    const int fd = done.status >> 8;
    EXPECT_EQ(tool.stop(), 0);
    const auto row = [&](int number, const char *flags, const char *mode) {
        return fmt::format("{:<7} {:<16} {:<4} {:<4} {:<27} {:<4} {}", done.pid, "opener", number, 0, flags, mode,
                           made);
    };
    EXPECT_THAT(tool.lines(),
                ElementsAre("PID     COMM             FD   ERR  FLAGS                       MODE PATH",
                            row(fd, "O_WRONLY|O_CREAT|O_TRUNC", "0640"), row(fd + 1, "O_RDONLY|O_CLOEXEC", "-")));
}

TEST_F(OpensnoopRows, Json)
{
    ToolRun tool{"opensnoop", {"-o", "json", "-n", "opener"}};
    std::vector<int> fds;
    char own_comm[16]{};
    prctl(PR_GET_NAME, own_comm);

    const pid_t pid = open_all({one}, &fds);
    snoop::test::Json row = tool.row_with(one);
    for (const char *key : {"time", "ts_ns", "cgroup_id"}) // the contract has them
        row.erase(key);
    EXPECT_EQ(
        row, (snoop::test::Json{{"event", "open"},    {"comm", "opener"},      {"pid", pid},        {"tid", pid},
                                {"ns_pid", pid},      {"ppid", getpid()},      {"pcomm", own_comm}, {"uid", 0},
                                {"gid", 0},           {"user", "root"},        {"fd", fds[0]},      {"ret", fds[0]},
                                {"errno", nullptr},   {"flags", {"O_RDONLY"}}, {"mode", nullptr},   {"dirfd", AT_FDCWD},
                                {"path", one},        {"resolved", one},       {"via", "openat"},   {"abi", 64},
                                {"truncated", false}, {"faulted", false}}));
}

TEST_F(OpensnoopRows, AnUnreadablePathIsNotBlank)
{
    ToolRun tool{"opensnoop", {"-n", "opener", "-x"}};

    const Ended done = in_child([] {
        prctl(PR_SET_NAME, "opener");
        syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY);
    });
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(), ElementsAre(header, text_row(done.pid, -1, EFAULT, "<fault>")));
    EXPECT_EQ(accounting_of(tool.err())["faulted"], 1u);
}

// A handle has no path; where it led is shown instead.
TEST_F(OpensnoopRows, AHandle)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(file, "x");
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    ToolRun tool{"opensnoop", {"-n", "opener"}};

    in_child([&] {
        prctl(PR_SET_NAME, "opener");
        open_call(Opener::handle, {.path = file, .dirfd = on_mount.get()});
    });
    tool.line_with(" " + file);
    EXPECT_EQ(tool.stop(), 0);
}

// ---- where a path leads --------------------------------------------------------------------

class FullPath : public OpensnoopRows {
protected:
    // The PATH that -F shows of the open that `body` makes in a child.
    std::string shown(const std::function<void()> &body) const
    {
        ToolRun tool{"opensnoop", {"-F", "-n", "opener", "--flags", "O_NOCTTY"}};
        const Ended done = in_child([&] {
            body();
            prctl(PR_SET_NAME, "opener");
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.lines().size(), 2u) << tool.out();
        const std::string row = tool.lines().back();
        return row.substr(std::min(row.size(), std::string_view{header}.find("PATH")));
    }
    static void open_it(const std::string &path)
    {
        prctl(PR_SET_NAME, "opener");
        open(path.c_str(), O_RDONLY | O_NOCTTY); // a flag that no other open here uses
    }
};

TEST_F(FullPath, OfARelativePath)
{
    EXPECT_EQ(shown([&] {
                  if (chdir(dir.path().c_str()) == 0)
                      open_it("./one");
              }),
              one);
    EXPECT_EQ(shown([&] {
                  if (chdir(dir.path().c_str()) == 0)
                      open_it("nothing/at all");
              }),
              dir.at("nothing/at all"));
}

// ---- filters ---------------------------------------------------------------------------------

class OpenFilters : public OpensnoopRows {
protected:
    // The paths of a child's opens that are shown with these options.
    std::vector<std::string> shown(const Args &options, const std::vector<std::pair<std::string, int>> &opens) const
    {
        Args args{"-o", "json", "-n", "opener"};
        args.insert(args.end(), options.begin(), options.end());
        ToolRun tool{"opensnoop", args};
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "opener");
            for (const auto &[path, flags] : opens)
                open(path.c_str(), flags, 0600);
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> paths;
        for (const auto &row : tool.rows())
            if (row["pid"] == done.pid)
                paths.push_back(row["path"]);
        auto accounting = expect_balance(tool.err());
        EXPECT_GE(accounting["filtered"], opens.size() - paths.size());
        return paths;
    }
    std::vector<std::string> shown(const Args &options, const std::vector<std::string> &paths) const
    {
        std::vector<std::pair<std::string, int>> opens;
        for (const auto &path : paths)
            opens.emplace_back(path, O_RDONLY);
        return shown(options, opens);
    }
};

TEST_F(OpenFilters, FailedOnly)
{
    EXPECT_THAT(shown({"-x"}, {one, dir.at("nothing")}), ElementsAre(dir.at("nothing")));
    EXPECT_THAT(shown({"--failed"}, {one}), IsEmpty());
    EXPECT_THAT(shown({}, {one, dir.at("nothing")}), ElementsAre(one, dir.at("nothing")));
}

TEST_F(OpenFilters, Prefix)
{
    const std::string other = dir.file("other", ""), on = dir.file("on", "");
    const std::string longest = dir.path() + "/" + std::string(longest_prefix - dir.path().size() - 1, 'p');

    EXPECT_THAT(shown({"--path", dir.at("on")}, {one, other, on, dir.at("o")}), ElementsAre(one, on));
    EXPECT_THAT(shown({"--path", dir.at("one"), "--path", dir.at("other")}, {one, other, on}), ElementsAre(one, other));
    EXPECT_THAT(shown({"--path", dir.path()}, {one, "/etc/passwd"}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", "/"}, {"relative", one}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", longest}, {longest, longest + "/below", longest.substr(0, longest.size() - 1)}),
                ElementsAre(longest, longest + "/below"));
}

TEST_F(OpenFilters, Suffix)
{
    EXPECT_THAT(shown({"--suffix", ".conf"}, {"/a.conf", "/a.confi", "/aconf", ".conf", "conf", "/x.conf/y"}),
                ElementsAre("/a.conf", ".conf"));
    EXPECT_THAT(shown({"--suffix", ".c", "--suffix", ".h"}, {"a.c", "a.h", "a.o", "c", "h"}),
                ElementsAre("a.c", "a.h"));
    const std::string longest(longest_suffix, 's');
    EXPECT_THAT(shown({"--suffix", longest}, {longest, "x" + longest, longest.substr(1)}),
                ElementsAre(longest, "x" + longest));
    EXPECT_THAT(shown({"--suffix", ".c", "--path", "/src"}, {"/src/a.c", "/src/a.h", "a.c"}), ElementsAre("/src/a.c"));
}

TEST_F(OpenFilters, Flags)
{
    const std::vector<std::pair<std::string, int>> opens{{dir.at("r"), O_RDONLY},
                                                         {dir.at("w"), O_WRONLY},
                                                         {dir.at("rw"), O_RDWR},
                                                         {dir.at("c"), O_RDWR | O_CREAT},
                                                         {dir.at("d"), O_RDONLY | O_DIRECTORY},
                                                         {dir.path(), O_RDWR | O_TMPFILE}};

    EXPECT_THAT(shown({"--flags", "O_WRONLY,O_CREAT"}, opens), ElementsAre(dir.at("w"), dir.at("c")));
    EXPECT_THAT(shown({"--flags", "O_WRONLY", "--flags", "O_CREAT"}, opens), ElementsAre(dir.at("w"), dir.at("c")));
    EXPECT_THAT(shown({"--flags", "O_RDONLY"}, opens), ElementsAre(dir.at("r"), dir.at("d")));
    EXPECT_THAT(shown({"--flags", "O_TMPFILE"}, opens), ElementsAre(dir.path()));
}

// A handle has no path to compare; where it led is compared instead.
TEST_F(OpenFilters, AHandleCannotEvadeThem)
{
    const std::string mount = dir.folder("mount"), mark = marker();
    const TmpFs here{mount, "size=64k,mode=755"};
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (const char *name : {"/yes.conf", "/no.conf", "/yes.txt"})
        write_file(mount + name, "");
    ToolRun tool{"opensnoop", {"--path", mount + "/yes", "--suffix", ".conf", "-n", "opener"}};

    in_child([&] {
        prctl(PR_SET_NAME, "opener");
        for (const char *name : {"/yes.conf", "/no.conf", "/yes.txt"})
            if (open_call(Opener::handle, {.path = mount + name, .dirfd = on_mount.get()}) < 0)
                _exit(1);
    });
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.lines(), SizeIs(2)) << tool.out();
    EXPECT_THAT(tool.lines()[1], HasSubstr(mount + "/yes.conf"));
    EXPECT_GE(expect_balance(tool.err())["filtered"], 2u); // and what others opened
}

// JSON asks for the user's name, and so the tool itself opens /etc/passwd.
TEST_F(OpenFilters, TheToolsOwnOpensAreNotShown)
{
    const std::string mark = marker(), path = dir.folder(mark);
    ToolRun tool{"opensnoop", {"-o", "json"}};

    in_child([&] {
        become(1000, 1000);
        open(path.c_str(), O_RDONLY);
    });
    tool.row_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    for (const auto &row : tool.rows())
        EXPECT_NE(row["pid"], tool.pid()) << row;
}

// ---- bad input ---------------------------------------------------------------------------------

TEST(OpensnoopUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("opensnoop", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({"--flags", "O_CREATE"}, "--flags: invalid flag 'O_CREATE': give flags of open(2): O_RDONLY, ");
    refused({"--path", std::string(longest_prefix + 1, 'x')}, "of 257 bytes: give 1 to 256");
    refused({"--suffix", std::string(longest_suffix + 1, 'x')}, "of 33 bytes: give 1 to 32");
    refused({"--path", ""}, "--path: invalid value '' of 0 bytes");
    refused({"--probe", "magic"}, "invalid value 'magic': give one of auto, fentry, kprobe, raw_tp, tracepoint");
}

TEST(OpensnoopUsage, AProbeThatTheSystemLacksIsNamed)
{
    for (const auto &[probe, hook] : {std::pair{"fentry", Hook::fentry}, std::pair{"kprobe", Hook::kprobe}}) {
        const bool has_it = !lacks(hook);
        const Outcome outcome = run_tool("opensnoop", {"--probe", probe, "-d", "0.01"});
        EXPECT_EQ(outcome.code, has_it ? 0 : 3) << outcome.err;
        if (!has_it) {
            EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        }
    }
}

// -v says which hooks, and why not others.
TEST(OpensnoopUsage, VerboseNamesTheHooks)
{
    ToolRun tool{"opensnoop", {"-v"}};
    EXPECT_EQ(tool.stop(), 0);
    const bool preempts = kernel::may_preempt_programs(), fentry = !lacks(Hook::fentry), kprobe = !lacks(Hook::kprobe);
    const std::string expected = kprobe && (preempts || !fentry)
                                     ? "probe: sys_exit, kprobe and kretprobe on do_filp_open"
                                 : fentry   ? "probe: fexit on do_sys_openat2, do_handle_open, do_fil"
                                 : preempts ? "probe: tp/syscalls/sys_exit_open…"
                                            : "probe: sys_exit, raw_tp/sched_process_exec";
    EXPECT_THAT(tool.err(), HasSubstr(expected));
    if (!preempts && !fentry) {
        EXPECT_THAT(tool.err(), HasSubstr("not on this system: "));
    }
    if (preempts) {
        EXPECT_THAT(tool.err(), HasSubstr("the kernel preempts programs: "));
    }
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// openguard on this kernel: the contract of every event tool, then what is its own: ways that
// lead to what is guarded, watched and forbidden; who is meant; that it always ends.
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "open_ways.hpp"

#include <snoop/openguard.h>

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const EventTool openguard{
    .name = "openguard",
    .event = "guard",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        return [path = dir.folder(marker), comm] {
            prctl(PR_SET_NAME, comm.c_str());
            _exit(open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0 ? 0 : errno);
        };
    },
    .args = [](const TempDir &dir) { return std::vector{dir.path()}; },
    .needs = Hook::lsm,
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(openguard)));

using Args = std::vector<std::string>;

int open_it(const std::string &path, int flags = O_RDONLY)
{
    return open_call(Opener::openat, {.path = path, .flags = flags});
}

// A child's open: 0, or its errno.
struct Result {
    pid_t pid;
    int err;
};
Result by_child(const std::function<int()> &opens)
{
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        const int fd = opens();
        _exit(fd >= 0 ? 0 : -fd);
    });
    return {done.pid, done.status >> 8};
}

ino_t inode_of(const std::string &path)
{
    struct stat about {};
    return stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

// One that leads to what is guarded.
struct WayIn {
    std::string name;
    std::function<int()> opens; // in a child
    std::string path;           // that the row shows, if it can be known
    std::string guard;          // by which it is met
};

// ---- every way in, watched and forbidden ---------------------------------------------------

class Guarding : public testing::TestWithParam<bool> {
protected:
    static bool enforce() { return GetParam(); }

    void SetUp() override { SNOOP_NEEDS(lsm); }

    void start(Args args)
    {
        args.insert(args.begin(), {"-o", "json"});
        if (enforce())
            args.insert(args.begin(), "--enforce");
        tool_.emplace("openguard", args);
    }
    // Each makes a row; and is refused, if that is what the tool was told.
    void expect_met(const std::vector<WayIn> &ways)
    {
        for (const WayIn &way : ways) {
            SCOPED_TRACE(way.name);
            const Result result = by_child(way.opens);
            EXPECT_EQ(result.err, enforce() ? EPERM : 0);
            rows_++;
            const Json row = tool_->row_where([&](const Json &r) { return r["pid"] == result.pid; });
            EXPECT_EQ(row["action"], enforce() ? "denied" : "audited");
            EXPECT_EQ(row["guard"], way.guard);
            if (!way.path.empty()) {
                EXPECT_EQ(row["path"], way.path);
            }
        }
    }
    void expect_unmet(const std::vector<std::pair<std::string, std::function<int()>>> &ways)
    {
        for (const auto &[name, opens] : ways)
            EXPECT_EQ(by_child(opens).err, 0) << name;
    }
    // No row but those that were expected.
    void stop()
    {
        EXPECT_EQ(tool_->stop(), 0);
        auto accounting = expect_balance(tool_->err());
        EXPECT_EQ(accounting["printed"], rows_) << tool_->out();
        EXPECT_EQ(accounting["filtered"] + accounting["lost"], 0u) << tool_->err();
    }

    TempDir dir;
    std::optional<ToolRun> tool_;
    std::size_t rows_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, Guarding, testing::Bool(),
                         [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

// What both ways to run do alike is tried with the one that has an effect besides its row.
class Enforcing : public Guarding {};

INSTANTIATE_TEST_SUITE_P(, Enforcing, testing::Values(true));

TEST_P(Guarding, AFileByEveryWay)
{
    const std::string one = dir.file("one", "1"), link = dir.at("link"), hard = dir.at("hard"), moved = dir.at("moved");
    const std::string from = dir.folder("from"), inner = dir.file("from/inner", ""), to = dir.folder("to");
    const std::string over = dir.file("over", ""), program = dir.program("program");
    ASSERT_EQ(symlink("one", link.c_str()), 0);
    ASSERT_EQ(::link(one.c_str(), hard.c_str()), 0);
    start({one, inner, program});

    const auto by = [&](Opener opener) { return [=] { return open_call(opener, {.path = one, .flags = O_RDWR}); }; };
    expect_met({
        {"itself", [&] { return open_it(one); }, one, one},
        {"to write", [&] { return open_it(one, O_WRONLY | O_APPEND); }, one, one},
        {"openat2", by(Opener::openat2), one, one},
        {"by a symlink", [&] { return open_it(link); }, one, one},
        {"by a hard link", [&] { return open_it(hard); }, hard, one},
        {"from its directory", [&] { return chdir(dir.path().c_str()) == 0 ? open_it("./to/../one") : -1; }, one, one},
        {"in a chroot", [&] { return chroot(dir.path().c_str()) == 0 ? open_it("/one") : -1; }, one, one},
        {"by /proc", [&] { return open_it(fmt::format("/proc/self/fd/{}", open_it(one, O_PATH))); }, one, one},
        {"by another mount of its directory",
         [&] {
             private_mounts();
             bind_mount(from, to);
             return open_it(to + "/inner");
         },
         to + "/inner", inner},
        {"by a mount of its own",
         [&] {
             private_mounts();
             bind_mount(one, over);
             return open_it(over);
         },
         over, one},
        {"a program, to execute it",
         [&] {
             execl(program.c_str(), program.c_str(), nullptr);
             return -errno;
         },
         program, program},
    });
#if defined(__x86_64__)
    expect_met({{"open", by(Opener::open), one, one}});
#endif
    ASSERT_EQ(::link(one.c_str(), dir.at("later").c_str()), 0);
    ASSERT_EQ(rename(one.c_str(), moved.c_str()), 0);
    expect_met({{"by a later link", [&] { return open_it(dir.at("later")); }, dir.at("later"), one},
                {"moved", [&] { return open_it(moved); }, moved, one}});
    // To hold it, or to ask about it, is not to open it.
    expect_unmet({{"O_PATH", [&] { return open_it(moved, O_PATH); }},
                  {"stat", [&] { return inode_of(moved) ? 0 : -ENOENT; }},
                  {"another file", [&] { return open_it(over); }},
                  {"its directory", [&] { return open_it(dir.path()); }}});
    stop();
}

// To put a guard on them, the tool does not open them: that would wait, or do something.
TEST_P(Enforcing, WhatIsNoPlainFile)
{
    const std::string fifo = dir.at("fifo"), device = dir.at("device");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ASSERT_EQ(mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0); // /dev/null
    start({fifo, device});

    expect_met({{"a fifo", [&] { return open_it(fifo, O_RDONLY | O_NONBLOCK); }, fifo, fifo},
                {"a device", [&] { return open_it(device, O_RDWR); }, device, device}});
    expect_unmet({{"the same device", [] { return open_it("/dev/null", O_RDWR); }}});
    stop();
}

TEST_P(Enforcing, AFileByA32BitCall)
{
    SNOOP_NEEDS(ia32);
    const std::string one = dir.file("one", "1");
    start({one});
    expect_met({{"openat", [&] { return open_call(Opener::openat32, {.path = one}); }, one, one}});
    EXPECT_EQ(tool_->rows().back()["abi"], 32);
    stop();
}

// The file system is one that has handles.
TEST_P(Enforcing, AFileByItsHandle)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(file, "x");
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    start({file});
    expect_met(
        {{"handle", [&] { return open_call(Opener::handle, {.path = file, .dirfd = on_mount.get()}); }, file, file}});
    EXPECT_EQ(tool_->rows().back()["via"], "open_by_handle_at");
    stop();
}

TEST_P(Guarding, AFileByUring)
{
    SNOOP_NEEDS(uring);
    const std::string one = dir.file("one", "1");
    start({"-n", "opener", one});
    for (const bool async : {false, true})
        expect_met({{async ? "by a worker" : "at once", [&] { return open_by_uring({.path = one}, false, async); }, one,
                     one}});
    for (const Json &row : tool_->rows()) {
        EXPECT_EQ(row["via"], "io_uring");
        EXPECT_EQ(row["comm"], "opener");
    }
    stop();
}

TEST_P(Enforcing, WhatTakesTheFilesPlace)
{
    const std::string one = dir.file("one", "old"), other = dir.at("other"), away = dir.at("away");
    const std::string spare = dir.file("spare", "new");
    ASSERT_EQ(link(one.c_str(), away.c_str()), 0);
    ASSERT_EQ(link(spare.c_str(), other.c_str()), 0);
    start({one});

    expect_unmet({{"before", [&] { return open_it(other); }}});
    // As editors do it. The new file has another name, by which it can be opened as well.
    ASSERT_EQ(rename(spare.c_str(), one.c_str()), 0);
    expect_met({{"replaced", [&] { return open_it(one); }, one, one},
                {"the old one", [&] { return open_it(away); }, away, one},
                {"the new one's other name", [&] { return open_it(other); }, other, one}});
    ASSERT_EQ(unlink(one.c_str()), 0);
    write_file(dir.at("neighbour"), "");
    ASSERT_EQ(mknod(one.c_str(), S_IFREG | 0644, 0), 0);
    expect_met({{"made again", [&] { return open_it(one); }, one, one}});
    ASSERT_EQ(link(one.c_str(), dir.at("third").c_str()), 0);
    expect_met({{"a link of that", [&] { return open_it(dir.at("third")); }, dir.at("third"), one}});
    expect_unmet({{"a neighbour", [&] { return open_it(dir.at("neighbour")); }}});
    stop();
}

TEST_P(Guarding, AllBelowADirectory)
{
    std::string deep = "guarded";
    for (int i = 0; i < 60; i++)
        deep += fmt::format("/directory-{}", i);
    const std::string top = dir.folder("guarded"), bottom = dir.folder(deep), file = dir.file(deep + "/file", "");
    const std::string sub = dir.folder("guarded/sub"), in_sub = dir.file("guarded/sub/file", "");
    const std::string beside = dir.file("guarded-not", ""), to = dir.folder("to"), mount = dir.folder("guarded/mount");
    start({top});

    expect_met({
        {"itself", [&] { return open_it(top); }, top, top},
        {"a file, sixty deep", [&] { return open_it(file); }, file, top},
        {"a directory", [&] { return open_it(bottom); }, bottom, top},
        {"one that it makes", [&] { return open_it(top + "/new", O_RDWR | O_CREAT); }, top + "/new", top},
        {"one without a name", [&] { return open_it(sub, O_RDWR | O_TMPFILE); }, "", top},
        {"by another mount of one below it",
         [&] {
             private_mounts();
             bind_mount(sub, to);
             return open_it(to + "/file");
         },
         to + "/file", top},
        {"by a mount of the file",
         [&] {
             private_mounts();
             bind_mount(in_sub, beside);
             return open_it(beside);
         },
         beside, top},
        {"what is mounted there",
         [&] {
             private_mounts();
             cover(mount);
             return open_it(mount);
         },
         mount, top},
        {"what is mounted over it",
         [&] {
             private_mounts();
             cover(top);
             return open_it(top);
         },
         top, top},
    });
    expect_unmet({{"beside it", [&] { return open_it(beside); }}, {"above it", [&] { return open_it(dir.path()); }}});
    stop();
}

TEST_P(Guarding, WhatLeavesADirectoryIsFollowed)
{
    const std::string top = dir.folder("guarded"), out = dir.folder("out");
    const auto inside = [&](const char *name) { return dir.file(std::string{"guarded/"} + name, ""); };
    const auto outside = [&](const char *name) { return out + "/" + name; };
    ASSERT_EQ(link(inside("linked-before").c_str(), outside("linked-before").c_str()), 0);
    for (const char *name : {"linked", "moved", "exchanged", "stays"})
        inside(name);
    dir.folder("guarded/folder/below");
    dir.file("guarded/folder/below/file", "");
    dir.file("out/exchanged", "");
    dir.file("out/comes", "");
    dir.file("out/two-names", "");
    ASSERT_EQ(link(outside("two-names").c_str(), outside("second").c_str()), 0);
    dir.file("out/free", "");
    start({top});

    const auto opens = [&](const std::string &path) { return [=] { return open_it(path); }; };
    const auto is_met = [&](const std::string &path) { expect_met({{path, opens(path), path, top}}); };
    is_met(outside("linked-before"));
    ASSERT_EQ(link((top + "/linked").c_str(), outside("linked").c_str()), 0);
    is_met(outside("linked"));
    ASSERT_EQ(rename((top + "/moved").c_str(), outside("moved").c_str()), 0);
    is_met(outside("moved"));
    ASSERT_EQ(rename((top + "/folder").c_str(), outside("folder").c_str()), 0);
    is_met(outside("folder/below/file"));
    is_met(outside("folder"));
    ASSERT_EQ(
        renameat2(AT_FDCWD, (top + "/exchanged").c_str(), AT_FDCWD, outside("exchanged").c_str(), RENAME_EXCHANGE), 0);
    is_met(outside("exchanged"));
    is_met(top + "/exchanged");
    // What comes in is guarded there, and by the names that it has elsewhere.
    ASSERT_EQ(rename(outside("comes").c_str(), (top + "/came").c_str()), 0);
    is_met(top + "/came");
    ASSERT_EQ(link(outside("free").c_str(), (top + "/free").c_str()), 0);
    is_met(outside("free"));
    ASSERT_EQ(rename(outside("two-names").c_str(), (top + "/two-names").c_str()), 0);
    is_met(outside("second"));
    // And the directory itself, wherever it goes; and what is made in its place.
    ASSERT_EQ(rename(top.c_str(), outside("guarded").c_str()), 0);
    expect_met({{"moved", opens(outside("guarded/stays")), outside("guarded/stays"), top}});
    dir.folder("guarded");
    ASSERT_EQ(mknod((top + "/fresh").c_str(), S_IFREG | 0644, 0), 0);
    is_met(top + "/fresh");
    expect_unmet({{"never inside", [&] { return open_it(dir.file("out/never", "")); }}});
    stop();
}

TEST_P(Enforcing, AnInodeByItsNumbers)
{
    const std::string one = dir.file("one", ""), other = dir.at("other");
    struct stat about {};
    ASSERT_EQ(stat(one.c_str(), &about), 0);
    const std::string numbers = fmt::format("{}:{}:{}", major(about.st_dev), minor(about.st_dev), about.st_ino);
    start({"--inode", numbers});

    expect_met({{"itself", [&] { return open_it(one); }, one, numbers}});
    const Json row = tool_->rows().back();
    EXPECT_EQ(row["dev"], fmt::format("{}:{}", major(about.st_dev), minor(about.st_dev)));
    EXPECT_EQ(row["ino"], about.st_ino);
    ASSERT_EQ(rename(one.c_str(), other.c_str()), 0);
    write_file(one, "");
    expect_met({{"moved", [&] { return open_it(other); }, other, numbers}});
    expect_unmet({{"one of that name", [&] { return open_it(one); }}});
    stop();
}

TEST_P(Enforcing, ASymlinkStandsForWhatItLeadsTo)
{
    const std::string one = dir.file("one", ""), link = dir.at("link");
    ASSERT_EQ(symlink("one", link.c_str()), 0);
    start({link});
    expect_met({{"the file", [&] { return open_it(one); }, one, link}});
    stop();
}

// ---- who is meant ----------------------------------------------------------------------------

class Openguard : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(lsm); }

    int opens(const std::function<void()> &before = {}) const
    {
        return by_child([&] {
                   if (before)
                       before();
                   return open_it(one);
               })
            .err;
    }
    static std::function<void()> named(const char *comm)
    {
        return [=] { prctl(PR_SET_NAME, comm); };
    }
    static std::function<void()> as(uid_t uid)
    {
        return [=] { become(uid, uid); };
    }

    TempDir dir;
    const std::string one = dir.file("one", "1");
};

TEST_F(Openguard, DeniesAUserAndNoOther)
{
    ToolRun tool{"openguard", {"--enforce", "-u", "1000", one}};

    EXPECT_EQ(opens(as(1000)), EPERM);
    EXPECT_EQ(opens(as(1001)), 0);
    EXPECT_EQ(opens(), 0);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 1u);
    EXPECT_EQ(accounting["filtered"], 2u);
}

TEST_F(Openguard, DeniesANameAndNoOther)
{
    ToolRun tool{"openguard", {"--enforce", "-n", "thief", one}};

    EXPECT_EQ(opens(named("thief")), EPERM);
    EXPECT_EQ(opens(named("thiefs")), 0);
    EXPECT_EQ(opens(), 0);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["printed"], 1u);
}

TEST_F(Openguard, DeniesACommandAndNobodyElse)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::string script = "read x <\"$1\"; cat \"$2\"; exit 7";
    ToolRun tool{"openguard", {"--enforce", one, "--", "/bin/sh", "-c", script, "sh", fifo, one}};

    EXPECT_EQ(opens(), 0);
    write_file(fifo, "go\n");
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("Operation not permitted"));
    EXPECT_THAT(tool.lines(), SizeIs(2));
    EXPECT_EQ(tool.count_with(" denied "), 1u);
}

// ---- that it ends, and what it was told not to forbid -------------------------------------------

TEST_F(Openguard, ItDeniesOnlyIfToldTo)
{
    ToolRun tool{"openguard", {one}};

    EXPECT_EQ(opens(), 0);
    tool.line_with(" audited ");
    EXPECT_EQ(tool.stop(), 0);
    ToolRun strict{"openguard", {"--enforce", one}};
    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(strict.stop(), 0);
    EXPECT_EQ(strict.err_lines().front(), "openguard: enforcing: opens of guarded files fail with EPERM");
    EXPECT_EQ(opens(), 0);
}

// Nobody can open anything; and yet it runs, looks up users, and ends as it is told to.
TEST_F(Openguard, WithAllForbiddenItStillEnds)
{
    const User user = ordinary_user();
    for (const int signal : {SIGTERM, SIGINT}) {
        ToolRun tool{"openguard", {"--enforce", "-d", "100", "-o", "json", "/"}};
        EXPECT_EQ(opens(as(user.uid)), EPERM);
        const auto row = tool.row_where([](const auto &r) { return r["comm"] == "opener"; });
        EXPECT_EQ(row["guard"], "/");
        EXPECT_EQ(row["user"], user.name);
        EXPECT_EQ(tool.stop(signal), 0);
        EXPECT_EQ(opens(as(user.uid)), 0);
    }
}

TEST_F(Openguard, KilledItForbidsNothing)
{
    ToolRun tool{"openguard", {"--enforce", one}};

    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return opens() == 0; }));
}

TEST_F(Openguard, TheDurationEndsIt)
{
    ToolRun tool{"openguard", {"--enforce", "-d", "0.5", one}};

    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(opens(), 0);
}

// What cannot end it does not make it longer: the programs know the time.
TEST_F(Openguard, TheDurationEndsItThoughTheToolStandsStill)
{
    ToolRun tool{"openguard", {"--enforce", "-d", "0.5", one}};

    tool.send(SIGSTOP);
    EXPECT_EQ(opens(), EPERM);
    EXPECT_TRUE(eventually([&] { return opens() == 0; }));
    tool.send(SIGCONT);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.count_with(" audited "), 1u) << tool.out();
}

TEST_F(Openguard, RootCannotShutItselfOut)
{
    for (const std::string &path : {std::string{"/"}, tool_path("openguard"), std::string{"/bin/sh"}}) {
        const Outcome outcome = run_tool("openguard", {"--enforce", path});
        EXPECT_EQ(outcome.code, 2) << path;
        ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("openguard: --enforce: '" + path + "' guards /"));
        EXPECT_THAT(outcome.err, HasSubstr("--duration"));
        EXPECT_EQ(by_child([&] { return open_it(path); }).err, 0);
    }
    // Not when it ends by itself, or is for somebody else.
    for (const Args &args : {Args{"-u", "1000"}, Args{"-n", "nobody"}, Args{"-d", "50"}}) {
        Args all{"--enforce", "/dev"};
        all.insert(all.end(), args.begin(), args.end());
        ToolRun tool{"openguard", all};
        EXPECT_EQ(tool.stop(), 0);
    }
    // And root is one of those it is for.
    EXPECT_EQ(run_tool("openguard", {"--enforce", "-u", "0", "-u", "1000", "/"}).code, 2);
}

// It looks at every file in a directory first, which may take long.
TEST_F(Openguard, ASignalEndsItBeforeItTraces)
{
    ToolRun tool{"openguard", {"--enforce", dir.path()}, {.in_child = [] {
                     sigset_t set;
                     sigemptyset(&set);
                     sigaddset(&set, SIGTERM);
                     sigprocmask(SIG_BLOCK, &set, nullptr);
                     raise(SIGTERM);
                 }}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.err_lines().front(), "openguard: stopped before all guards were in place");
}

// The tool itself opens it, to look up the user.
TEST_F(Openguard, ItsOwnOpensAreNoEvents)
{
    const std::string users = "/etc/passwd";
    const User user = ordinary_user();
    ToolRun tool{"openguard", {"--enforce", "-d", "100", "-o", "json", users}};

    const Result result = by_child([&] {
        become(user.uid, user.gid);
        return open_it(users);
    });
    EXPECT_EQ(result.err, EPERM);
    EXPECT_EQ(tool.row_with("\"opener\"")["user"], user.name);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.rows().size(), 1u) << tool.out();
}

// ---- the accounting -----------------------------------------------------------------------------------

// Two processors, and a ring that is far too small: each open is denied, shown or not.
TEST_F(Openguard, InAFloodEachIsDeniedAndTheBooksBalance)
{
    constexpr int opens = 5'000, processes = 2;
    ToolRun tool{"openguard", {"--enforce", "-n", "flooder", "--ring-size", ring_size(4096), dir.path()}};

    {
        std::vector<Process> load;
        for (int i = 0; i < processes; i++)
            load.emplace_back([&] {
                prctl(PR_SET_NAME, "flooder");
                for (int n = 0; n < opens; n++)
                    if (open_it(one) != -EPERM)
                        _exit(1);
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], tool.count_with(one));
    EXPECT_EQ(accounting["printed"] + accounting["lost"], static_cast<std::uint64_t>(opens * processes)) << tool.err();
}

// Deeper than it looks: let through, and said.
TEST_F(Openguard, TooDeepADirectoryIsCounted)
{
    const std::string top = dir.folder("top");
    std::string path = top;
    for (int i = 0; i <= GUARD_DEPTH; i++)
        path += "/d";
    std::filesystem::create_directories(path);
    ToolRun tool{"openguard", {"--strict", top}};

    EXPECT_EQ(by_child([&] { return open_it(path); }).err, 0);
    EXPECT_EQ(by_child([&] { return open_it(path.substr(0, path.size() - 2)); }).err, 0);
    EXPECT_EQ(tool.stop(), 1);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 1u);
    EXPECT_THAT(tool.err(), HasSubstr("; lost, too large: 1"));
}

// ---- rows as a whole -------------------------------------------------------------------------------

TEST_F(Openguard, Text)
{
    ToolRun tool{"openguard", {one}}, more{"openguard", {"-e", one}};
    const std::string link = dir.at("li nk");
    ASSERT_EQ(::link(one.c_str(), link.c_str()), 0);

    const Result result = by_child([&] { return open_it(link, O_WRONLY | O_APPEND); });
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(more.stop(), 0);
    EXPECT_THAT(tool.lines(),
                ElementsAre("PID     COMM             ACTION  GUARD                PATH",
                            fmt::format("{:<7} {:<16} {:<7} {:<20} {}", result.pid, "opener", "audited", one, link)));
    EXPECT_THAT(
        more.lines(),
        ElementsAre(
            "PID     COMM             ACTION  VIA      FLAGS                             GUARD                PATH",
            fmt::format("{:<7} {:<16} {:<7} {:<8} {:<33} {:<20} {}", result.pid, "opener", "audited", "openat",
                        "O_WRONLY|O_APPEND", one, link)));
}

TEST_F(Openguard, Json)
{
    struct stat about {};
    ASSERT_EQ(stat(one.c_str(), &about), 0);
    ToolRun tool{"openguard", {"--enforce", "-o", "json", dir.path()}};
    char own_comm[16]{};
    prctl(PR_GET_NAME, own_comm);

    const Result result = by_child([&] { return open_it(one, O_RDWR | O_CREAT | O_CLOEXEC); });
    snoop::test::Json row = tool.row_with(one);
    for (const char *key : {"time", "ts_ns", "cgroup_id"}) // the contract has them
        row.erase(key);
    const std::string dev = fmt::format("{}:{}", major(about.st_dev), minor(about.st_dev));
    EXPECT_EQ(row, (snoop::test::Json{{"event", "guard"},
                                      {"comm", "opener"},
                                      {"pid", result.pid},
                                      {"tid", result.pid},
                                      {"ns_pid", result.pid},
                                      {"ppid", getpid()},
                                      {"pcomm", own_comm},
                                      {"uid", 0},
                                      {"gid", 0},
                                      {"user", "root"},
                                      {"action", "denied"},
                                      {"guard", dir.path()},
                                      {"path", one},
                                      {"dev", dev},
                                      {"ino", about.st_ino},
                                      {"flags", {"O_RDWR", "O_CREAT"}},
                                      {"via", "openat"},
                                      {"abi", 64},
                                      {"truncated", false}}));
}

// The map is there to be edited: by bpftool, little-endian, an inode and a device.
TEST_F(Openguard, AGuardThatIsAddedWhileItRuns)
{
    const std::string other = dir.file("other", "");
    struct stat about {};
    ASSERT_EQ(stat(other.c_str(), &about), 0);
    const auto little_endian = [](std::uint64_t number, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; i++)
            text += fmt::format(" {}", number >> 8 * i & 0xff);
        return text;
    };
    ToolRun tool{"openguard", {"--enforce", "-o", "json", one}};

    EXPECT_EQ(by_child([&] { return open_it(other); }).err, 0);
    const std::string command = "bpftool map update name guards key" + little_endian(about.st_ino, 8) +
                                little_endian(major(about.st_dev) << 20 | minor(about.st_dev), 8) + " value" +
                                little_endian(GUARD_FILE, 4) + little_endian(0xffff, 4) + little_endian(0, 8);
    ASSERT_EQ(
        run({.path = "/bin/sh", .argv = {"sh", "-c", command}, .env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}).status,
        0);
    EXPECT_EQ(by_child([&] { return open_it(other); }).err, EPERM);
    EXPECT_EQ(tool.row_with(other)["guard"], nullptr);
    EXPECT_EQ(tool.stop(), 0);
}

// ---- bad input, and systems that lack it --------------------------------------------------------------

TEST(OpenguardUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("openguard", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({}, "openguard: nothing to guard: name a file or a directory, or give --inode");
    refused({"--enforce"}, "nothing to guard");
    refused({"/no/such/file"}, "cannot guard '/no/such/file': No such file or directory (ENOENT)");
    refused({"/etc/passwd/below"}, "Not a directory (ENOTDIR)");
    for (const char *bad : {"1", "8:1", "8:1:", "8:1:x", "8:1:0", "-8:1:2", "8:1:2:3", "5000:1:2", "8:1048576:2"})
        refused({"--inode", bad}, fmt::format("--inode: invalid inode '{}': give MAJOR:MINOR:INODE", bad));
    refused({"--inode", "4095:1048575:2"}, "no mounted file system has the number 4095:1048575");
    refused({"--replay", "/dev/null", "/etc"}, "--replay shows what was recorded");
    refused({"--replay", "/dev/null", "--enforce"}, "--replay shows what was recorded");
}

// The kernel would take the programs, and never call them.
TEST(OpenguardUsage, WithoutBpfAmongTheLsmsItNamesTheParameter)
{
    const Outcome outcome = run_tool("openguard", {"/etc/passwd"}, {.in_child = [] {
                                         private_mounts();
                                         cover("/sys/kernel/security");
                                         write_file("/sys/kernel/security/lsm", "lockdown,capability,yama,apparmor");
                                     }});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_EQ(outcome.err, "openguard: this kernel does not call LSM programs: add bpf to the kernel's command line: "
                           "lsm=lockdown,yama,apparmor,bpf (today's list from /sys/kernel/security/lsm plus bpf)\n");
}

TEST(OpenguardUsage, WithoutTheHookItSaysSo)
{
    const auto lack = lacks(Hook::lsm);
    const Outcome outcome = run_tool("openguard", {"-d", "0.01", "/etc/passwd"});

    EXPECT_EQ(outcome.code, lack ? 3 : 0) << outcome.err;
    if (lack) {
        ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("LSM programs"));
    }
}

TEST(OpenguardUsage, VerboseNamesTheHooksAndTheGuards)
{
    SNOOP_NEEDS(lsm);
    struct stat about {};
    ASSERT_EQ(stat("/etc/passwd", &about), 0);
    const Outcome outcome = run_tool("openguard", {"-v", "-d", "0.01", "/etc/passwd"});

    EXPECT_THAT(outcome.err, HasSubstr("openguard: probe: lsm/file_open, inode_link, inode_rename\n"));
    EXPECT_THAT(outcome.err, HasSubstr(fmt::format("openguard: '/etc/passwd' is {}:{}:{}\n", major(about.st_dev),
                                                   minor(about.st_dev), about.st_ino)));
}

} // namespace
} // namespace snoop::test

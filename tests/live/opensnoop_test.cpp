// SPDX-License-Identifier: BSD-2-Clause
// opensnoop on this kernel: the contract of every event tool, then what is its own: the
// ways to open, by each kind of hook; columns; filters; what a path leads to.
#include "contract.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "open_ways.hpp"

#include <snoop/events/opensnoop.h>
#include <snoop/kernel.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <memory>
#include <regex>
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

// Hooks for tests that are not about them: quickly attached and detached, and none that
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

// ---- every way to open, by every kind of hook --------------------------------------------

// An open, and what its row must hold. `ret` is filled in by the child that makes it.
struct Attempt {
    std::string name;
    Opener opener;
    Opening opening;
    Json row;             // "path", "flags", "mode", "dirfd", "via", "abi"; "resolved" of one that fails
    int expected_err = 0; // 0: a descriptor
    std::function<void()> before{};
};

struct Made {
    int ret;
    char resolved[8192]; // what /proc/self/fd says of the descriptor
};

// The byte that is no UTF-8, as JSON has it.
std::string in_json(std::string text)
{
    if (const auto at = text.find('\xff'); at != std::string::npos)
        text.replace(at, 1, "\ufffd");
    return text;
}

Json expected_row(const Attempt &attempt, const Made &made)
{
    Json row = attempt.row;

    row["ret"] = made.ret;
    row["fd"] = made.ret >= 0 ? Json(made.ret) : Json();
    row["errno"] = made.ret < 0 ? Json(strerrorname_np(-made.ret)) : Json();
    if (made.ret >= 0)
        row["resolved"] = in_json(made.resolved);
    return row;
}

std::string link_of(int fd)
{
    std::string text(8000, '\0');
    const ssize_t n = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), text.data(), text.size());

    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    if (text.ends_with(" (deleted)"))
        text.resize(text.size() - 10);
    return text;
}

// Makes them in a child; what came out, and the child's pid.
std::pair<std::vector<Made>, pid_t> make(const std::vector<Attempt> &attempts)
{
    const std::size_t bytes = attempts.size() * sizeof(Made);
    void *shared = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto *made = static_cast<Made *>(shared);
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        for (std::size_t i = 0; i < attempts.size(); i++) {
            if (attempts[i].before)
                attempts[i].before();
            made[i].ret = open_call(attempts[i].opener, attempts[i].opening);
            if (made[i].ret >= 0)
                link_of(made[i].ret).copy(made[i].resolved, sizeof(made[i].resolved) - 1);
        }
    });
    EXPECT_EQ(done.status, 0);
    std::vector<Made> all(made, made + attempts.size());
    munmap(shared, bytes);
    return {std::move(all), done.pid};
}

class Opensnoop : public testing::TestWithParam<std::string> {
protected:
    // What all hooks must show alike.
    std::vector<Attempt> attempts() const
    {
        const std::string one = dir.file("one", "1", 0644), loop = dir.at("loop"), link = dir.at("link");
        const std::string folder = dir.folder("folder");
        const std::string odd = "a\nb \x1b[1m\xff";
        std::string longest = dir.path() + "/";
        while (longest.size() < 4000)
            longest += "./";
        longest += "one";
        if (symlink("loop", loop.c_str()) != 0 || symlink("one", link.c_str()) != 0)
            throw std::runtime_error("symlink");

        std::vector<Attempt> all;
        const auto add = [&](Attempt attempt) {
            auto &row = attempt.row;
            static constexpr const char *vias[] = {"open",  "openat", "openat2", "creat", "open_by_handle_at",
                                                   "open", "openat", "creat"};
            const bool has_dirfd = attempt.opener == Opener::openat || attempt.opener == Opener::openat2 ||
                                   attempt.opener == Opener::handle || attempt.opener == Opener::openat32;
            if (!row.contains("path"))
                row["path"] = attempt.opening.path;
            if (!row.contains("mode"))
                row["mode"] = nullptr;
            row["dirfd"] = has_dirfd ? Json(attempt.opening.dirfd) : Json();
            row["via"] = vias[static_cast<int>(attempt.opener)];
            row["abi"] = attempt.opener >= Opener::open32 ? 32 : 64;
            if (attempt.expected_err && !row.contains("resolved"))
                row["resolved"] = attempt.opening.path;
            all.push_back(std::move(attempt));
        };
        const auto path = [](std::string p, int flags = O_RDONLY, unsigned mode = 0) {
            return Opening{.path = std::move(p), .flags = flags, .mode = mode};
        };
        const Json rdonly{{"flags", {"O_RDONLY"}}};

        add({"openat", Opener::openat, path(one), rdonly});
        add({"flags", Opener::openat, path(one, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK),
             {{"flags", {"O_RDWR", "O_APPEND", "O_NONBLOCK", "O_CLOEXEC"}}}});
        add({"made", Opener::openat, path(dir.at("new"), O_WRONLY | O_CREAT | O_EXCL, 0640),
             {{"flags", {"O_WRONLY", "O_CREAT", "O_EXCL"}}, {"mode", "0640"}}});
        add({"openat2", Opener::openat2, path(one, O_RDONLY | O_NOFOLLOW), {{"flags", {"O_RDONLY", "O_NOFOLLOW"}}}});
        add({"a link", Opener::openat, path(link), rdonly});
        add({"the link itself", Opener::openat, path(link, O_PATH | O_NOFOLLOW),
             {{"flags", {"O_RDONLY", "O_NOFOLLOW", "O_PATH"}}}});
        add({"a directory", Opener::openat, path(folder, O_RDONLY | O_DIRECTORY),
             {{"flags", {"O_RDONLY", "O_DIRECTORY"}}}});
        add({"odd bytes", Opener::openat, path(dir.at(odd), O_RDWR | O_CREAT, 0600),
             {{"flags", {"O_RDWR", "O_CREAT"}},
              {"mode", "0600"},
              {"path", in_json(dir.at(odd))}}});
        add({"4,000 characters", Opener::openat, path(longest), rdonly});
        // Relative ones: the child changes to dir first, and opens it as descriptor 100.
        add({"relative", Opener::openat, path("one"), rdonly, 0, [this] {
                 if (dup2(open(dir.path().c_str(), O_PATH), 100) != 100 || chdir(dir.path().c_str()) != 0)
                     _exit(1);
             }});
        add({"below a directory", Opener::openat, {.path = "folder/../one", .dirfd = 100}, rdonly});
        add({"beneath", Opener::openat2,
             {.path = "one", .flags = O_RDONLY, .dirfd = 100, .resolve = RESOLVE_BENEATH}, rdonly});
        add({"this directory", Opener::openat, {.path = ".", .flags = O_RDONLY, .dirfd = 100}, rdonly});

        add({"ENOENT", Opener::openat, path(dir.at("nothing")), rdonly, ENOENT});
        add({"ENOENT, relative", Opener::openat, {.path = "nothing", .dirfd = 100},
             {{"flags", {"O_RDONLY"}}, {"resolved", dir.at("nothing")}}, ENOENT});
        add({"ENOENT, by the working directory", Opener::openat2, path("folder/nothing"),
             {{"flags", {"O_RDONLY"}}, {"resolved", dir.at("folder/nothing")}}, ENOENT});
        add({"ENOENT, an empty path", Opener::openat, {.path = "", .dirfd = 100},
             {{"flags", {"O_RDONLY"}}, {"resolved", dir.path()}}, ENOENT});
        add({"ELOOP", Opener::openat, path(loop), rdonly, ELOOP});
        add({"ELOOP, a link", Opener::openat2, {.path = "link", .dirfd = 100, .resolve = RESOLVE_NO_SYMLINKS},
             {{"flags", {"O_RDONLY"}}, {"resolved", link}}, ELOOP});
        add({"EXDEV", Opener::openat2, {.path = "/etc", .dirfd = 100, .resolve = RESOLVE_BENEATH}, rdonly, EXDEV});
        add({"ENOTDIR", Opener::openat, path(one + "/below"), rdonly, ENOTDIR});
        add({"EISDIR", Opener::openat, path(folder, O_WRONLY), {{"flags", {"O_WRONLY"}}}, EISDIR});
        add({"EEXIST", Opener::openat, path(one, O_WRONLY | O_CREAT | O_EXCL, 0600),
             {{"flags", {"O_WRONLY", "O_CREAT", "O_EXCL"}}, {"mode", "0600"}}, EEXIST});
        add({"ENAMETOOLONG", Opener::openat, path(dir.at(std::string(300, 'n'))), rdonly, ENAMETOOLONG});
        add({"EFAULT", Opener::openat, {.raw = reinterpret_cast<const char *>(8)},
             {{"flags", {"O_RDONLY"}}, {"path", nullptr}, {"resolved", nullptr}}, EFAULT});
        add({"EINVAL", Opener::openat2, path(one, O_RDONLY | 0x40000000),
             {{"flags", {"O_RDONLY", "0x40000000"}}}, EINVAL});
        add({"EBADF", Opener::openat, {.path = "one", .dirfd = 999},
             {{"flags", {"O_RDONLY"}}, {"resolved", nullptr}}, EBADF});
        add({"EACCES", Opener::openat, path(dir.file("secret", "", 0600)), rdonly, EACCES,
             [] { become(1000, 1000); }});
        add({"EMFILE", Opener::openat, path(one), rdonly, EMFILE, [] {
                 const rlimit none{3, 3};
                 setrlimit(RLIMIT_NOFILE, &none);
             }});
        return all;
    }

    // What of a row depends on how it was opened.
    static Json about_the_open(const Json &row)
    {
        Json part;
        for (const char *key : {"ret", "fd", "errno", "flags", "mode", "dirfd", "path", "resolved", "via", "abi"})
            part[key] = row.at(key);
        return part;
    }

    // Makes them while the tool watches, and compares every row.
    void expect_rows(const std::vector<Attempt> &attempts)
    {
        ToolRun tool{"opensnoop", {"-o", "json", "-n", "opener", "--probe", GetParam()}};
        const auto [made, pid] = make(attempts);
        EXPECT_EQ(tool.stop(), 0);
        std::vector<Json> rows;
        for (const Json &row : tool.rows())
            // What prepares an attempt opens the directory, by O_PATH alone.
            if (row["pid"] == pid && !(row["flags"] == Json{"O_RDONLY", "O_PATH"}))
                rows.push_back(row);
        ASSERT_EQ(rows.size(), attempts.size()) << tool.out() << tool.err();
        for (std::size_t i = 0; i < attempts.size(); i++) {
            EXPECT_EQ(made[i].ret < 0 ? -made[i].ret : 0, attempts[i].expected_err) << attempts[i].name;
            EXPECT_EQ(about_the_open(rows[i]), expected_row(attempts[i], made[i])) << attempts[i].name;
        }
        auto books = expect_balance(tool.err());
        EXPECT_EQ(books["lost"], may_be_skipped() ? books["not_run"] : 0u) << tool.err();
    }

    // Programs that a kernel which preempts skips, and counts it for any system call. That
    // it hits one of the test's own opens takes another task that opens on the same processor.
    static bool may_be_skipped() { return GetParam() == "raw_tp" || GetParam() == "fentry"; }

    void SetUp() override
    {
        const std::string &probe = GetParam();
        if (probe == "fentry") {
            SNOOP_NEEDS(fentry);
        } else if (probe == "kprobe") {
            SNOOP_NEEDS(kprobe);
        } else if (probe == "tracepoint") {
            SNOOP_NEEDS(tracefs);
        } else {
            SNOOP_NEEDS(tp_btf);
        }
    }

    TempDir dir;
};

INSTANTIATE_TEST_SUITE_P(, Opensnoop, testing::Values("fentry", "kprobe", "tracepoint", "raw_tp"),
                         [](const auto &probe) { return probe.param; });

TEST_P(Opensnoop, EveryHookShowsTheSame) { expect_rows(attempts()); }

#if defined(__x86_64__)
TEST_P(Opensnoop, OpenAndCreat)
{
    expect_rows({{"open", Opener::open, {.path = dir.file("one", "1")},
                  {{"path", dir.at("one")}, {"flags", {"O_RDONLY"}}, {"mode", nullptr}, {"dirfd", nullptr},
                   {"via", "open"}, {"abi", 64}}},
                 {"open, making it", Opener::open, {.path = dir.at("two"), .flags = O_CREAT | O_RDWR, .mode = 0604},
                  {{"path", dir.at("two")}, {"flags", {"O_RDWR", "O_CREAT"}}, {"mode", "0604"}, {"dirfd", nullptr},
                   {"via", "open"}, {"abi", 64}}},
                 {"creat", Opener::creat, {.path = dir.at("three"), .mode = 0751},
                  {{"path", dir.at("three")}, {"flags", {"O_WRONLY", "O_CREAT", "O_TRUNC"}}, {"mode", "0751"},
                   {"dirfd", nullptr}, {"via", "creat"}, {"abi", 64}}},
                 {"creat fails", Opener::creat, {.path = dir.path(), .mode = 0600},
                  {{"path", dir.path()}, {"resolved", dir.path()}, {"flags", {"O_WRONLY", "O_CREAT", "O_TRUNC"}},
                   {"mode", "0600"}, {"dirfd", nullptr}, {"via", "creat"}, {"abi", 64}},
                  EISDIR}});
}
#endif

TEST_P(Opensnoop, ByA32BitCall)
{
    SNOOP_NEEDS(ia32);
    if (GetParam() == "tracepoint") {
        SNOOP_NEEDS(tp_btf);
    }
    const std::string one = dir.file("one", "1"), two = dir.at("two"), three = dir.at("three");
    expect_rows({{"open", Opener::open32, {.path = one},
                  {{"path", one}, {"flags", {"O_RDONLY"}}, {"mode", nullptr}, {"dirfd", nullptr}, {"via", "open"},
                   {"abi", 32}}},
                 {"openat", Opener::openat32, {.path = two, .flags = O_CREAT | O_WRONLY, .mode = 0600},
                  {{"path", two}, {"flags", {"O_WRONLY", "O_CREAT"}}, {"mode", "0600"}, {"dirfd", AT_FDCWD},
                   {"via", "openat"}, {"abi", 32}}},
                 {"creat", Opener::creat32, {.path = three, .mode = 0610},
                  {{"path", three}, {"flags", {"O_WRONLY", "O_CREAT", "O_TRUNC"}}, {"mode", "0610"},
                   {"dirfd", nullptr}, {"via", "creat"}, {"abi", 32}}},
                 {"ENOENT", Opener::openat32, {.path = dir.at("nothing")},
                  {{"path", dir.at("nothing")}, {"resolved", dir.at("nothing")}, {"flags", {"O_RDONLY"}},
                   {"mode", nullptr}, {"dirfd", AT_FDCWD}, {"via", "openat"}, {"abi", 32}},
                  ENOENT}});
}

// Files without a name: in the call, and in the directory. The file system is one that
// has handles and temporary files.
TEST_P(Opensnoop, WithoutAName)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(file, "x");
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    ToolRun text{"opensnoop", {"-n", "opener", "--probe", GetParam()}};

    expect_rows({{"handle", Opener::handle, {.path = file, .dirfd = on_mount.get()},
                  {{"path", nullptr}, {"flags", {"O_RDONLY"}}, {"mode", nullptr}, {"dirfd", on_mount.get()},
                   {"via", "open_by_handle_at"}, {"abi", 64}}},
                 {"temporary", Opener::openat, {.path = mount, .flags = O_TMPFILE | O_RDWR, .mode = 0600},
                  {{"path", mount}, {"flags", {"O_RDWR", "O_TMPFILE"}}, {"mode", "0600"}, {"dirfd", AT_FDCWD},
                   {"via", "openat"}, {"abi", 64}}}});
    text.line_with(" " + file);
    EXPECT_EQ(text.stop(), 0);
}

// Whichever thread or worker of the kernel does it: the row names who asked for it.
TEST_P(Opensnoop, ByUring)
{
    SNOOP_NEEDS(uring);
    const bool has_request = !lacks(Hook::uring_req);
    if (GetParam() == "tracepoint" || GetParam() == "raw_tp") {
        SNOOP_NEEDS(uring_req);
    }
    const std::string one = dir.file("one", "1"), nothing = dir.at("nothing");
    ToolRun tool{"opensnoop", {"-o", "json", "--probe", GetParam()}};
    int *made = static_cast<int *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        int i = 0;
        for (const bool two : {false, true})
            for (const bool async : {false, true})
                for (const std::string &path : {one, nothing})
                    made[i++] = open_by_uring({.path = path, .flags = O_RDONLY | O_CLOEXEC}, two, async);
    });
    ASSERT_EQ(done.status, 0);
    EXPECT_EQ(tool.stop(), 0);

    std::vector<Json> rows;
    for (const Json &row : tool.rows())
        if (row["path"] == one || row["path"] == nothing)
            rows.push_back(row);
    ASSERT_EQ(rows.size(), 8u) << tool.out();
    for (std::size_t i = 0; i < rows.size(); i++) {
        EXPECT_EQ(rows[i]["via"], "io_uring");
        EXPECT_EQ(rows[i]["path"], i % 2 ? nothing : one);
        EXPECT_EQ(rows[i]["resolved"], i % 2 ? nothing : one);
        // That the descriptor is closed on exec is not do_filp_open's business.
        EXPECT_EQ(rows[i]["flags"], has_request ? Json({"O_RDONLY", "O_CLOEXEC"}) : Json({"O_RDONLY"}));
        EXPECT_EQ(rows[i]["errno"], made[i] < 0 ? Json(strerrorname_np(-made[i])) : Json());
        EXPECT_EQ(rows[i]["pid"], done.pid);
        EXPECT_EQ(rows[i]["comm"], "opener");
        EXPECT_EQ(rows[i]["fd"], has_request && made[i] >= 0 ? Json(made[i]) : Json());
    }
    munmap(made, 4096);
}

// The program that is executed; with fentry and kprobe its interpreter, too, and attempts.
TEST_P(Opensnoop, ByExec)
{
    const std::string program = dir.program("prog"), nothing = dir.at("nothing");
    const bool sees_all = GetParam() == "fentry" || GetParam() == "kprobe";
    ToolRun tool{"opensnoop", {"-o", "json", "--path", dir.path(), "--probe", GetParam()}};

    in_child([&] { exec_now({.path = nothing}); });
    const Ended done = run({.path = program});
    const Json row = tool.row_with(program);
    EXPECT_EQ(row["via"], "exec");
    EXPECT_EQ(row["pid"], done.pid);
    EXPECT_EQ(row["ret"], 0);
    EXPECT_EQ(row["fd"], nullptr);
    EXPECT_EQ(row["flags"], Json{"O_RDONLY"});
    EXPECT_EQ(row["resolved"], program);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_EQ(tool.count_with(nothing), sees_all ? 1u : 0u);
    if (sees_all) {
        EXPECT_EQ(tool.row_with(nothing)["errno"], "ENOENT");
    }
}

// A path that the kernel reads and the program never did; one that ends with its page.
TEST_P(Opensnoop, PathsInMemoryThatIsHardToRead)
{
    const long page = sysconf(_SC_PAGESIZE);
    const std::string one = dir.file("one", "1"), untouched = dir.file("untouched", one + std::string(1, '\0'));
    const Fd file{open(untouched.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto *mapped = static_cast<const char *>(mmap(nullptr, one.size(), PROT_READ, MAP_PRIVATE, file.get(), 0));
    auto *pages = static_cast<char *>(mmap(nullptr, static_cast<std::size_t>(2 * page), PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_EQ(munmap(pages + page, static_cast<std::size_t>(page)), 0);
    char *last = pages + page - one.size() - 1;
    one.copy(last, one.size());
    const Json row{{"path", one}, {"flags", {"O_RDONLY"}}, {"mode", nullptr}, {"dirfd", AT_FDCWD}, {"via", "openat"},
                   {"abi", 64}};

    expect_rows({{"untouched", Opener::openat, {.raw = mapped}, row}, {"at the end", Opener::openat, {.raw = last}, row}});
}

TEST_P(Opensnoop, InAThread)
{
    const std::string mark = marker(), path = dir.folder(mark);
    ToolRun tool{"opensnoop", {"-o", "json", "--probe", GetParam()}};
    const auto [tid_out, tid_in] = make_pipe();

    const Ended done = in_child([&] {
        std::thread{[&] {
            const auto tid = static_cast<pid_t>(syscall(SYS_gettid));
            if (open(path.c_str(), O_RDONLY) < 0 || write(tid_in.get(), &tid, sizeof(tid)) != sizeof(tid))
                _exit(1);
        }}.join();
    });
    pid_t tid = 0;
    ASSERT_EQ(read(tid_out.get(), &tid, sizeof(tid)), static_cast<ssize_t>(sizeof(tid)));
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["pid"], done.pid);
    EXPECT_EQ(row["tid"], tid);
    EXPECT_EQ(tool.stop(), 0);
}

// Two processors, and a ring that is far too small: each open is shown or said to be lost.
TEST_P(Opensnoop, TheBooksBalanceInAFlood)
{
    constexpr int opens = 20'000, processes = 2;
    const std::string mark = marker(), path = dir.at(mark);
    ToolRun tool{"opensnoop", {"-n", "flooder", "--ring-size", ring_size(4096), "--probe", GetParam()}};

    {
        std::vector<Process> load;
        for (int i = 0; i < processes; i++)
            load.emplace_back([&] {
                prctl(PR_SET_NAME, "flooder");
                for (int n = 0; n < opens; n++)
                    if (open(path.c_str(), O_RDONLY) >= 0 || errno != ENOENT)
                        _exit(1);
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_EQ(tool.stop(), 0);
    auto books = expect_balance(tool.err());
    EXPECT_EQ(books["printed"], tool.count_with(mark));
    const auto made = static_cast<std::uint64_t>(opens * processes);
    if (may_be_skipped() && books["not_run"] > 0) {
        EXPECT_GE(books["printed"] + books["lost"], made) << tool.err();
    } else {
        EXPECT_EQ(books["printed"] + books["lost"], made) << tool.err();
    }
}

// A record wakes the reader only if it sleeps, whichever way records go.
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
        std::smatch said;
        ASSERT_TRUE(std::regex_search(err, said, std::regex{R"(opensnoop: (\d+) wake-ups)"})) << err;
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
    EXPECT_THAT(tool.lines(), ElementsAre(header, text_row(pid, fds[0], 0, one),
                                          text_row(pid, -1, ENOENT, dir.at("no\\n thing"))));
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
        return fmt::format("{:<7} {:<16} {:<4} {:<4} {:<27} {:<4} {}", done.pid, "opener", number, 0, flags, mode, made);
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
    EXPECT_EQ(row, (snoop::test::Json{{"event", "open"},   {"comm", "opener"},     {"pid", pid},
                                      {"tid", pid},        {"ns_pid", pid},        {"ppid", getpid()},
                                      {"pcomm", own_comm}, {"uid", 0},             {"gid", 0},
                                      {"user", "root"},    {"fd", fds[0]},         {"ret", fds[0]},
                                      {"errno", nullptr},  {"flags", {"O_RDONLY"}}, {"mode", nullptr},
                                      {"dirfd", AT_FDCWD}, {"path", one},          {"resolved", one},
                                      {"via", "openat"},   {"abi", 64},            {"truncated", false},
                                      {"faulted", false}}));
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
    EXPECT_EQ(books_of(tool.err())["faulted"], 1u);
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
        open(path.c_str(), O_RDONLY | O_NOCTTY); // a flag that nothing else here has
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

TEST_F(FullPath, InAChroot)
{
    const std::string root = dir.folder("root");
    write_file(root + "/inner", "x");
    const auto inside = [&](const char *path) {
        return shown([&] {
            if (chroot(root.c_str()) == 0 && chdir("/") == 0)
                open_it(path);
        });
    };

    EXPECT_EQ(inside("/inner"), root + "/inner");
    EXPECT_EQ(inside("inner"), root + "/inner");
    EXPECT_EQ(inside("/nothing"), root + "/nothing");
}

// A bind mount that only the process itself sees.
TEST_F(FullPath, BelowAMountOfItsOwn)
{
    const std::string from = dir.folder("from"), to = dir.folder("to");
    write_file(from + "/file", "x");

    EXPECT_EQ(shown([&] {
                  private_mounts();
                  bind_mount(from, to);
                  open_it(to + "/file");
              }),
              to + "/file");
}

TEST_F(FullPath, ThroughALinkAndProc)
{
    const std::string link = dir.at("link");
    ASSERT_EQ(symlink("one", link.c_str()), 0);

    EXPECT_EQ(shown([&] { open_it(link); }), one);
    EXPECT_EQ(shown([&] {
                  const int fd = open(one.c_str(), O_RDONLY);
                  open_it(fmt::format("/proc/self/fd/{}", fd));
              }),
              one);
}

TEST_F(FullPath, SixtyDirectoriesDeep)
{
    std::string path;
    for (int i = 0; i < 60; i++)
        path += fmt::format("directory-{}/", i);
    dir.folder(path);
    const std::string file = dir.file(path + "file", "x");

    EXPECT_EQ(shown([&] { open_it(file); }), file);
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
        auto books = expect_balance(tool.err());
        EXPECT_GE(books["filtered"], opens.size() - paths.size());
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
    EXPECT_THAT(shown({"--path", dir.at("one"), "--path", dir.at("other")}, {one, other, on}),
                ElementsAre(one, other));
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

    refused({"--flags", "O_CREATE"}, "--flags: 'O_CREATE' is no flag of open(2); there are O_RDONLY, ");
    refused({"--path", std::string(longest_prefix + 1, 'x')}, "at most 256 can be compared");
    refused({"--suffix", std::string(longest_suffix + 1, 'x')}, "at most 32 can be compared");
    refused({"--path", ""}, "--path: its value is empty");
    refused({"--probe", "magic"}, "'magic' is none of auto, fentry, kprobe, raw_tp, tracepoint");
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
    const std::string expected = kprobe && (preempts || !fentry) ? "probe: sys_exit, kprobe and kretprobe on do_filp_open"
                                 : fentry  ? "probe: fexit on do_sys_openat2, do_handle_open, do_fil"
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

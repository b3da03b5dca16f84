// SPDX-License-Identifier: BSD-2-Clause
// The filters of the kernel itself, entered by a child. tests/live looks at the tools.
#include "base/error.hpp"
#include "fixtures.hpp"
#include "kernel/features.hpp"
#include "process.hpp"
#include "run/sandbox.hpp"

#include <gmock/gmock.h>

#include <linux/bpf.h>
#include <linux/capability.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <pwd.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop {
namespace {

using test::in_child;
using testing::HasSubstr;

// The number that the line of /proc/self/status has, in base 16 as it is for capabilities.
unsigned long long status(const std::string &name)
{
    const std::string all = "\n" + test::read_file("/proc/self/status");
    const auto at = all.find("\n" + name + ":");
    return at == all.npos ? 0xbad : std::stoull(all.substr(at + name.size() + 2), nullptr, 16);
}

// Calls of a child in the sandbox. Those that end otherwise than they must are named on stderr.
class Calls {
public:
    void refused(const char *name, long result, int with = EPERM)
    {
        if (result != -1 || errno != with)
            complain(name, result);
    }
    void allowed(const char *name, long result)
    {
        if (result < 0)
            complain(name, result);
    }
    // The exit code of the child.
    [[noreturn]] void end() const { _exit(failures_); }

private:
    void complain(const char *name, long result)
    {
        std::fprintf(stderr, "%s: %ld, errno %d\n", name, result, errno);
        failures_++;
    }
    int failures_ = 0;
};

class SandboxTest : public testing::Test {
protected:
    void SetUp() override
    {
        const auto ended = in_child([] { _exit(enter_sandbox({}).ends_with(", system-call filter") ? 0 : 1); });
        if (ended.status != 0)
            GTEST_SKIP() << "SKIP: this system takes no system-call filter";
    }
    static int exit_code_of(const SandboxNeeds &needs, const std::function<void(Calls &)> &make)
    {
        const auto ended = in_child([&] {
            Calls calls;
            enter_sandbox(needs);
            make(calls);
            calls.end();
        });
        return WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : 128 + WTERMSIG(ended.status);
    }

    test::TempDir dir_;
    const std::string file_ = dir_.file("file", "text");
};

#if defined(__x86_64__)
// getpid() as a 32-bit program calls it.
long getpid_of_32bit()
{
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    if (result >= 0)
        return result;
    errno = static_cast<int>(-result);
    return -1;
}
#endif

TEST_F(SandboxTest, RefusesToExecuteAndToWrite)
{
    EXPECT_EQ(exit_code_of(
                  {},
                  [&](Calls &calls) {
                      char *const none[] = {nullptr};
                      calls.refused("execve", execve("/bin/true", none, none));
                      calls.refused("execveat", syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0));
                      for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC})
                          calls.refused("open", open(file_.c_str(), flags | O_CLOEXEC, 0600));
                      calls.refused("open O_TMPFILE", open(dir_.path().c_str(), O_TMPFILE | O_RDWR, 0600));
                      calls.refused("unlink", unlink(file_.c_str()));
                      calls.refused("rename", rename(file_.c_str(), (file_ + "2").c_str()));
                      calls.refused("chmod", chmod(file_.c_str(), 0777));
                      calls.refused("memfd_create", memfd_create("memory", 0));
                      calls.refused("mmap of code", reinterpret_cast<long>(mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                                                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
                      calls.refused("mmap of a library",
                                    reinterpret_cast<long>(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
                                                                open("/proc/self/exe", O_RDONLY | O_CLOEXEC), 0)));
                  }),
              0);
    EXPECT_EQ(test::read_file(file_), "text");
}

TEST_F(SandboxTest, RefusesOtherProcessesAndTheKernel)
{
    EXPECT_EQ(exit_code_of({},
                           [](Calls &calls) {
                               bpf_attr attr{};
                               calls.refused("ptrace", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
                               calls.refused("kill", kill(getpid(), 0));
                               calls.refused("unshare", unshare(CLONE_NEWNS));
                               calls.refused("setuid", setuid(getuid()));
                               calls.refused("bpf PROG_LOAD", syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
                               calls.refused("bpf MAP_CREATE", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
                               calls.refused("perf_event_open", syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
                               calls.refused("socket", socket(AF_INET, SOCK_STREAM, 0));
                               calls.refused("socket", socket(AF_UNIX, SOCK_STREAM, 0));
                               calls.refused("clone of a thread", syscall(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0));
                               calls.refused("clone3", syscall(SYS_clone3, nullptr, 0), ENOSYS);
                               calls.refused("openat2", syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0), ENOSYS);
                           }),
              0);
}

// A C library of later years tries those first.
TEST_F(SandboxTest, AnswersLaterCallsAsAnOldKernel)
{
    EXPECT_EQ(exit_code_of({},
                           [](Calls &calls) {
                               for (const long number : {442, 462, 999})
                                   calls.refused("a later call", syscall(number, -1, 0, 0, 0, 0), ENOSYS);
                           }),
              0);
}

#if defined(__x86_64__)
// Made anywhere but in a probed function, the kernel's own answer is an error, or SIGILL.
TEST_F(SandboxTest, LeavesCallsOfUprobesAlone)
{
    for (const long number : {335, 336})
        EXPECT_NE(exit_code_of({}, [&](Calls &) { _exit(syscall(number) == -1 && errno == EPERM ? 77 : 0); }), 77)
            << number;
}

TEST_F(SandboxTest, RefusesCallsOfOtherAbis)
{
    EXPECT_EQ(exit_code_of({},
                           [](Calls &calls) {
                               calls.refused("getpid of x32", syscall(0x40000000 + SYS_getpid));
                               if (kernel::runs_32bit_programs())
                                   calls.refused("getpid of 32 bit", getpid_of_32bit());
                           }),
              0);
}
#endif

TEST_F(SandboxTest, AllowsWhatTracingNeeds)
{
    const int out = open(file_.c_str(), O_WRONLY | O_CLOEXEC);

    EXPECT_EQ(exit_code_of({},
                           [&](Calls &calls) {
                               std::array<char, 4> text{};
                               calls.allowed("write", write(out, "1234", 4));
                               const int in = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
                               calls.allowed("read", read(in, text.data(), text.size()));
                               calls.allowed("ftruncate", ftruncate(out, 2));
                               calls.allowed("open of a directory", open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
                               calls.allowed("raise", raise(SIGCONT));
                               const pid_t child = fork(); // leaves links to it, at the end
                               if (child == 0)
                                   _exit(setsid() < 0);
                               int ended = 0;
                               calls.allowed("fork", waitpid(child, &ended, 0));
                               calls.allowed("setsid", ended == 0 ? 0 : -1);
                           }),
              0);
    close(out);
    EXPECT_EQ(test::read_file(file_), "12");
}

TEST_F(SandboxTest, AsksForNamesOnThisMachineOnly)
{
    EXPECT_EQ(exit_code_of({.calls = SandboxCalls::user_names},
                           [](Calls &calls) {
                               calls.allowed("getpwuid", getpwuid(0) ? 0 : -1);
                               getpwuid(4'000'000'000); // asks every service
                               calls.allowed("socket", socket(AF_UNIX, SOCK_STREAM, 0));
                               for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET})
                                   calls.refused("socket", socket(family, SOCK_DGRAM, 0));
                               char *const none[] = {nullptr};
                               calls.refused("execve", execve("/bin/true", none, none));
                               calls.refused("mmap of code", reinterpret_cast<long>(
                                                                 mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
                           }),
              0);
    EXPECT_EQ(exit_code_of({.calls = SandboxCalls::network},
                           [](Calls &calls) {
                               calls.allowed("socket", socket(AF_NETLINK, SOCK_RAW, 0));
                               calls.refused("socket", socket(AF_INET, SOCK_DGRAM, 0));
                               calls.refused("connect", connect(-1, nullptr, 0));
                           }),
              0);
}

TEST_F(SandboxTest, DropsCapabilities)
{
    SandboxNeeds needs{.maps = false};
    const std::string had = in_child([] { _exit(status("CapPrm") == 0); }).status == 0 ? "some" : "none";

    EXPECT_EQ(exit_code_of(needs,
                           [](Calls &calls) {
                               for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
                                   calls.allowed(set, status(set) == 0 ? 0 : -1);
                               calls.allowed("no_new_privs", status("NoNewPrivs") == 1 ? 0 : -1);
                               calls.allowed("filter", status("Seccomp") == 2 ? 0 : -1);
                           }),
              0);
    if (had == "none")
        GTEST_SKIP() << "SKIP: this user has no capability to keep";
    needs.keep(CAP_KILL);
    EXPECT_EQ(exit_code_of(needs,
                           [](Calls &calls) {
                               for (const char *set : {"CapPrm", "CapEff", "CapBnd"})
                                   calls.allowed(set, status(set) == 1 << CAP_KILL ? 0 : -1);
                           }),
              0);
}

TEST_F(SandboxTest, SaysWhatIsInForce)
{
    const auto says = [](const SandboxNeeds &needs, const std::string &text) {
        return in_child([&] { _exit(enter_sandbox(needs) == text ? 0 : 1); }).status == 0;
    };

    EXPECT_TRUE(says({.maps = false}, "no capabilities, no_new_privs, system-call filter"));
    EXPECT_TRUE(
        says({.calls = SandboxCalls::all, .maps = false}, "no capabilities, no_new_privs, no system-call filter"));
    // A second filter cannot be installed, since the first refuses that call.
    EXPECT_EQ(
        in_child([] {
            enter_sandbox({.maps = false});
            _exit(enter_sandbox({.maps = false}).ends_with("no system-call filter: " + describe_errno(EPERM)) ? 0 : 1);
        }).status,
        0);
}

} // namespace
} // namespace snoop

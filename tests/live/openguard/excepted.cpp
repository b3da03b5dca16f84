// SPDX-License-Identifier: BSD-2-Clause
// openguard --enforce: a program of --except-exe opens guarded files for whoever starts or traces it. build.limits
// compares the comment of a test with LIMITS in openguard(8).
#include "accounting.hpp"
#include "openguard/attack.hpp"
#include "openguard/openguard.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace snoop::test {
namespace {

class OpenguardExcepted : public Openguard {
protected:
    void SetUp() override { SNOOP_NEEDS(lsm); }

    // Runs the excepted program, as the attacker, to read `path`; `trace` may change that.
    std::string read_by_excepted(const std::string &path, const std::function<void(pid_t)> &trace = {}) const
    {
        ToolRun tool{"openguard", {"--enforce", "--except-exe", cat, arena.keys}};
        auto [out, in] = make_pipe();
        std::string text(16, '\0');

        const Ended ended = in_child([&, &in = in] {
            become(attacker, attacker);
            const pid_t pid = fork();
            if (pid == 0) {
                if (trace)
                    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
                dup2(in.get(), 1);
                execl(cat.c_str(), "cat", path.c_str(), nullptr);
                _exit(127);
            }
            int status = 0;
            waitpid(pid, &status, 0);
            if (trace && WIFSTOPPED(status)) {
                trace(pid);
                ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
                waitpid(pid, &status, 0);
            }
            _exit(status == 0 ? 0 : 1);
        });
        EXPECT_EQ(ended.status, 0);
        in.reset();
        const ssize_t n = read(out.get(), text.data(), text.size());
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(expect_balance(tool.err())["filtered"], 1u) << tool.err();
        return text.substr(0, n > 0 ? static_cast<std::size_t>(n) : 0);
    }

    const Arena arena{dir, "arena"};
    const std::string cat = dir.file("cat", read_file("/bin/cat"), 0755);
};

TEST_F(OpenguardExcepted, Started) { EXPECT_EQ(read_by_excepted(arena.secret), "secret"); }

// Programs of --except-exe, for whoever starts one with other arguments or traces it (ptrace(2)).
TEST_F(OpenguardExcepted, Traced)
{
    // The program is to read another file, until the attacker writes a name of the same length over its argument.
    const std::string other = arena.outside("decoy0"), link = arena.outside("secret");
    ASSERT_EQ(symlink(arena.secret.c_str(), link.c_str()), 0);
    const auto change = [&](pid_t pid) {
        // Field 48 is the address of the arguments; the first field behind the name is field 3.
        const std::string about = read_file(fmt::format("/proc/{}/stat", pid));
        std::size_t at = about.rfind(')') + 2;
        for (int field = 3; field < 48; field++)
            at = about.find(' ', at) + 1;
        const auto argument = static_cast<off_t>(std::stoull(about.substr(at)) + sizeof("cat"));
        const Fd memory{open(fmt::format("/proc/{}/mem", pid).c_str(), O_WRONLY | O_CLOEXEC)};
        if (pwrite(memory.get(), link.c_str(), link.size(), argument) < 0)
            _exit(errno);
    };

    EXPECT_EQ(read_by_excepted(other, change), "secret");
}

} // namespace
} // namespace snoop::test

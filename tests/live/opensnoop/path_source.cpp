// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: where the path is read, and that no other thread can change what the kernel has copied.
#include "opensnoop/opensnoop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <ostream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>

namespace snoop::test {
namespace {

struct Probing {
    const char *probe;
    Hook hook;
};

void PrintTo(const Probing &probing, std::ostream *out) { *out << probing.probe; }

class PathSource : public testing::TestWithParam<Probing> {
protected:
    [[nodiscard]] bool is_fentry() const { return GetParam().hook == Hook::fentry; }
    [[nodiscard]] bool sees_copy() const { return is_fentry() || GetParam().hook == Hook::kprobe; }
    // The rows of what `body` opens in a child.
    [[nodiscard]] std::vector<Json> rows_of(const std::function<void()> &body, Args more = {}) const
    {
        more.insert(more.end(), {"-o", "json", "-n", "opener", "--probe", GetParam().probe});
        ToolRun tool{"opensnoop", more};
        const Ended done = in_child([&] {
            body();
            _exit(0);
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        return tool.rows();
    }

    TempDir dir;
    const std::string one = dir.file("one", "1");
};

TEST_P(PathSource, IsTheKernelIfItsCopyIsSeen)
{
    SNOOP_NEEDS_HOOK(GetParam().hook);
    constexpr int opens = 50;
    const auto rows = rows_of([&] {
        prctl(PR_SET_NAME, "opener");
        for (int i = 0; i < opens; i++)
            close(open(one.c_str(), O_RDONLY));
    });
    const auto from_kernel =
        std::ranges::count_if(rows, [](const Json &row) { return row["path_source"] == "kernel"; });

    ASSERT_EQ(rows.size(), static_cast<std::size_t>(opens));
    for (const Json &row : rows)
        EXPECT_EQ(row["path"], one);
    // A thread that is switched out during the call loses its copy; not at every call.
    if (sees_copy())
        EXPECT_GT(from_kernel, opens / 2);
    else
        EXPECT_EQ(from_kernel, 0);
}

// Another thread writes a different path over the first one while open() waits for the writer of a FIFO.
TEST_P(PathSource, ForgedWhileItIsOpened)
{
    SNOOP_NEEDS_HOOK(GetParam().hook);
    const std::string fifo = dir.at("fifo"), decoy = dir.at("decoy");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const auto rows = rows_of([&] {
        std::array<char, 256> path{};
        std::atomic<pid_t> tid = 0;
        fifo.copy(path.data(), path.size() - 1);
        std::thread reader{[&] {
            prctl(PR_SET_NAME, "opener");
            tid = static_cast<pid_t>(syscall(SYS_gettid));
            open(path.data(), O_RDONLY);
        }};
        const auto sleeps = [&] {
            const auto stat = read_file(fmt::format("/proc/self/task/{}/stat", tid.load()));
            return stat.find(") S ") != std::string::npos;
        };
        if (!eventually([&] { return tid && sleeps(); }))
            _exit(1);
        decoy.copy(path.data(), path.size() - 1);
        path[decoy.size()] = '\0';
        const int writer = open(fifo.c_str(), O_WRONLY);
        reader.join();
        _exit(writer < 0);
    });

    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0]["resolved"], fifo);
    // A kprobe sees the path before the wait, and other threads may use its place meanwhile.
    EXPECT_EQ(rows[0]["path"], is_fentry() ? fifo : decoy);
    EXPECT_EQ(rows[0]["path_source"], is_fentry() ? "kernel" : "caller");
}

// The copy of one call is not that of the next one, which fails before it has one.
TEST_P(PathSource, OfTheCallItself)
{
    SNOOP_NEEDS_HOOK(GetParam().hook);
    const std::string other = dir.at("other");

    for (const Args &options : {Args{}, Args{"-x"}, Args{"--flags", "O_NOCTTY"}}) {
        const auto rows = rows_of(
            [&] {
                rlimit some{};
                getrlimit(RLIMIT_NOFILE, &some);
                const rlimit none{0, some.rlim_max};
                prctl(PR_SET_NAME, "opener");
                for (int i = 0; i < 20; i++) {
                    close(open(one.c_str(), O_RDONLY));
                    prlimit(0, RLIMIT_NOFILE, &none, nullptr);
                    if (open(other.c_str(), O_RDONLY | O_NOCTTY) >= 0 || errno != EMFILE)
                        _exit(1);
                    prlimit(0, RLIMIT_NOFILE, &some, nullptr);
                }
            },
            options);
        for (const Json &row : rows)
            if (row["ret"] == -EMFILE) {
                EXPECT_EQ(row["path"], other);
                EXPECT_EQ(row["path_source"], "caller");
            }
        EXPECT_GE(rows.size(), 20u);
    }
}

INSTANTIATE_TEST_SUITE_P(, PathSource,
                         testing::Values(Probing{"fentry", Hook::fentry}, Probing{"kprobe", Hook::kprobe},
                                         Probing{"raw_tp", Hook::raw_tp}, Probing{"tracepoint", Hook::tracefs}),
                         [](const auto &probing) { return std::string{probing.param.probe}; });

} // namespace
} // namespace snoop::test

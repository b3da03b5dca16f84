// SPDX-License-Identifier: BSD-2-Clause
// Each test lets a child take signals.
#include "base/stop.hpp"
#include "base/write.hpp"

#include "unit/files.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <sys/wait.h>

namespace {

using namespace snoop;

struct End {
    int code; // 128 + N if signal N killed it
    std::string err;
};

End in_child(const std::function<void()> &body)
{
    Pipe err;
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(err.writes.get(), STDERR_FILENO);
        body();
        _exit(99);
    }
    err.writes.reset();
    const std::string said = read_all(err.reads.get());
    int status = 0;
    waitpid(pid, &status, 0);
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), said};
}

TEST(Stop, BeforeTracingASignalEndsTheToolWithALine)
{
    for (const auto &[signal, name] : {std::pair{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}}) {
        const End end = in_child([&, &signal = signal] {
            stop::take_signals("mytool");
            raise(signal);
        });
        EXPECT_EQ(end.code, 0);
        EXPECT_EQ(end.err, std::string{"mytool: ended by "} + name + "\n");
    }
}

// A shell without job control starts commands in the background with SIGINT ignored; nohup ignores SIGHUP.
TEST(Stop, IgnoredSignals)
{
    for (const int sent : {SIGINT, SIGTERM, SIGHUP}) {
        const End end = in_child([&] {
            signal(sent, SIG_IGN);
            stop::take_signals("mytool");
            raise(sent);
        });
        EXPECT_EQ(end.code, sent == SIGHUP ? 99 : 0) << end.err;
    }
}

// Whoever starts the tool may have blocked everything.
TEST(Stop, UnblocksWhatItNeeds)
{
    const End end = in_child([] {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, nullptr);
        stop::take_signals("mytool");
        stop::begin_tracing();
        Pipe pipe;
        raise(SIGTERM);
        // Without the timer, this read would wait for ever.
        char byte = 0;
        _exit(read(pipe.reads.get(), &byte, 1) < 0 && errno == EINTR ? 0 : 1);
    });
    EXPECT_EQ(end.code, 0) << end.err;
}

TEST(Stop, BlockedSignalEndsTheTool)
{
    const End end = in_child([] {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        raise(SIGTERM);
        stop::take_signals("mytool");
    });
    EXPECT_EQ(end.code, 0);
}

TEST(Stop, FirstSignalIsNotedWhileTracing)
{
    const End end = in_child([] {
        stop::take_signals("mytool");
        stop::begin_tracing();
        if (stop::signal() != 0 || stop::overdue())
            _exit(1);
        raise(SIGTERM);
        raise(SIGTERM); // taken for the same one
        _exit(stop::signal() == SIGTERM && !stop::overdue() ? 7 : 2);
    });
    EXPECT_EQ(end.code, 7);
    EXPECT_EQ(end.err, "");
}

TEST(Stop, SecondSignalEndsTheTool)
{
    const End end = in_child([] {
        stop::take_signals("mytool");
        stop::begin_tracing();
        raise(SIGINT);
        while (std::chrono::steady_clock::now() - stop::signal_time() < std::chrono::milliseconds{150}) {}
        raise(SIGTERM);
    });
    EXPECT_EQ(end.code, 1);
    EXPECT_EQ(end.err, "mytool: ended by a second signal; what was not written yet is lost\n");
}

// Nobody reads the pipe: the write ends all the same.
TEST(Stop, InterruptsAWrite)
{
    const End end = in_child([] {
        const Pipe pipe;
        const std::string much(1 << 20, 'x');
        stop::take_signals("mytool");
        stop::begin_tracing();
        raise(SIGTERM);
        const std::size_t done = write_all(pipe.writes.get(), much.data(), much.size());
        _exit(errno == EINTR && done > 0 && done < much.size() && stop::overdue() ? 7 : 2);
    });
    EXPECT_EQ(end.code, 7);
}

// A command has the signals as they were.
TEST(Stop, RestoresTheSignalsForACommand)
{
    const End end = in_child([] {
        signal(SIGINT, SIG_IGN);
        stop::take_signals("mytool");
        {
            const stop::ForkGuard held;
            stop::ForkGuard::restore();
        }
        raise(SIGINT);
        raise(SIGTERM);
    });
    EXPECT_EQ(end.code, 128 + SIGTERM);
}

} // namespace

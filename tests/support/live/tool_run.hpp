// SPDX-License-Identifier: BSD-2-Clause
// A running tool: started, awaited wait until it traces, its output read while it runs.
//     ToolRun tool{"execsnoop", {"-o", "json"}};      // returns when it traces
//     … make an event whose row holds `mark` …
//     Json row = tool.row_with(mark);                 // waits for it
//     EXPECT_EQ(tool.stop(), 0);
//     EXPECT_EQ(tool.err_lines().size(), 2u);
#pragma once

#include "process.hpp"
#include "reader.hpp"
#include "reading.hpp"

#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

struct Start {
    std::function<void()> in_child{};         // called just before the exec
    std::map<std::string, std::string> env{}; // added to the test's environment
    std::string program{};                    // instead of the tool beside the test
    int out_fd = -1;                          // stdout, instead of a pipe that the test reads
    bool wait = true;                         // wait until it traces
    bool kernels_btf = false;                 // instead of SNOOP_BTF's
};

// The path of a tool: beside the test program, or in SNOOP_BIN_DIR.
std::string tool_path(const std::string &name);

// For --ring-size: so many bytes for the events of one CPU. A perf buffer's size is
// divided among all CPUs.
std::string ring_size(std::size_t bytes);

// For its lifetime, tools are started with `--probe hooks`, unless that is empty: a test
// that is not about hooks uses those that attach and detach quickly.
class WithProbe {
public:
    explicit WithProbe(const std::string &hooks);
    ~WithProbe();
    WithProbe(const WithProbe &) = delete;
    WithProbe &operator=(const WithProbe &) = delete;
};

// For its lifetime, tools that trace get these arguments too.
class WithArgs {
public:
    explicit WithArgs(std::vector<std::string> args);
    ~WithArgs();
    WithArgs(const WithArgs &) = delete;
    WithArgs &operator=(const WithArgs &) = delete;
};

class ToolRun {
public:
    // The tool gets `--transport $SNOOP_TRANSPORT` if that is set, args do not say it and
    // the tool takes it; and so with `--probe $SNOOP_PROBE` and with `--btf $SNOOP_BTF`, which
    // saves an emulated machine half of each start. Throws, with the tool's stderr, if it ends before it traces.
    explicit ToolRun(const std::string &name, std::vector<std::string> args = {}, const Start &start = {});

    // Kills the tool if it still runs.

    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    void send(int signal) const { process_->send(signal); }

    // Waits until the tool has ended. Returns its exit code, 128 + N if signal N killed it.
    // Throws after limit(). Its JSON lines are validated against its schema.
    int wait();
    // Sends the signal and waits.
    int stop(int signal = SIGINT);

    // Waits for the first whole line of stdout for which `is_it` is true. Throws if it
    // does not come, or the tool ends without it.
    std::string line_where(const std::function<bool(const std::string &)> &is_it);
    std::string line_with(std::string_view text);
    // Like line_with(), parsed as JSON.
    Json row_with(std::string_view text);
    Json row_where(const std::function<bool(const Json &)> &is_it);

    // The output so far; complete once the tool has ended.
    std::string out() { return reader_->out(); }
    std::string err() { return reader_->err(); }
    std::vector<std::string> lines();
    std::vector<std::string> err_lines();
    std::vector<Json> rows();
    std::size_t count_with(std::string_view text); // lines that contain it

    // Waits until stderr contains the text. Throws as above.
    void wait_err(std::string_view text);

    // Closes the read end of stdout.
    void close_out() { reader_->close_out(); }

private:
    void wait_ready();
    [[noreturn]] void give_up(std::string_view what);

    std::string program_, call_;
    std::vector<std::string> args_;
    Fd ready_;
    std::optional<int> code_;
    std::optional<Reader> reader_; // ends after process_, which it watches
    std::optional<Process> process_;
};

// Runs a tool that ends by itself.
struct Outcome {
    int code;
    std::string out, err;
    [[nodiscard]] std::vector<std::string> lines() const;
    [[nodiscard]] std::vector<std::string> err_lines() const;
};
Outcome run_tool(const std::string &name, const std::vector<std::string> &args, Start start = {});

std::vector<std::string> split_lines(const std::string &text);

// The closing line of a tool, as text or as JSON, in numbers: "seen", "printed" or, of a tool
// that counts, "counted" and "other", "filtered", "lost", "after_stop", "in_flight",
// "truncated", "faulted", and what was lost by its cause, "ring_full", "missed" and so on;
// those not said are 0. Throws if stderr ends with no such line.
std::map<std::string, std::uint64_t> books_of(const std::string &err);
// Like accounting_of(), and checks that the sum is right.
std::map<std::string, std::uint64_t> expect_balance(const std::string &err);

} // namespace snoop::test

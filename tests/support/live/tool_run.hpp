// SPDX-License-Identifier: BSD-2-Clause
// Starts a tool, waits until it traces, and reads its output while it runs.
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
    // Adds `--transport $SNOOP_TRANSPORT` if that is set, `args` does not have the option and the
    // tool knows it; `--probe $SNOOP_PROBE` and `--btf $SNOOP_BTF` likewise (--btf halves the
    // startup on an emulated machine). Throws, with the tool's stderr, if it ends before it traces.
    // The destructor kills the tool if it still runs.
    explicit ToolRun(const std::string &name, std::vector<std::string> args = {}, const Start &start = {});

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

} // namespace snoop::test

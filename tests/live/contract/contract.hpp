// SPDX-License-Identifier: BSD-2-Clause
// The contract of every event tool: options, exit codes, behaviour in a pipe, with few privileges,
// and at exit. The tests are shared; a tool only describes how to trigger its event:
//     INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of({.name = "execsnoop", …})));
#pragma once

#include "fixtures.hpp"
#include "hooks.hpp"
#include "process.hpp"
#include "tool_run.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace snoop::test {

using Step = std::function<void()>;

struct EventTool {
    std::string name;
    std::string event; // JSON's "event"
    // Returns a function for a child: it makes one event whose row contains the marker and
    // whose comm is `comm`, and ends the process with 0. Files go into the directory.
    std::function<Step(const TempDir &, const std::string &marker, const std::string &comm)> make;
    // The shell command that triggers the event, given the path of a file named after the marker.
    std::function<std::string(const TempDir &)> command = [](const TempDir &) { return "cat"; };
    // Arguments without which the tool does not see these events.
    std::function<std::vector<std::string>(const TempDir &)> args = [](const TempDir &) {
        return std::vector<std::string>{};
    };
    // The message about missing privileges says that capabilities allow this.
    std::string power = "trace the programs of all users";
    // Its hooks are perf events, which some systems restrict to root.
    bool is_by_perf = false;
    // --pid selects processes whose files are searched for probes, so they must exist.
    bool searches_pids = false;
    // Its event is not an exec, which ends all threads but one.
    bool keeps_threads = false;
    // For --probe: hooks that attach quickly, since the contract is not about hooks.
    std::string probe = {};
    // The only kind of hook that it has. Such programs attach by the kernel's own BTF,
    // whatever --btf gives.
    std::optional<Hook> needs = {};
};

void PrintTo(const EventTool &tool, std::ostream *out);

// The tool as the single parameter of all tests of the contract.
std::vector<EventTool> contract_of(const EventTool &tool);

class Contract : public testing::TestWithParam<EventTool> {
protected:
    static constexpr const char *some_comm = "actor";

    [[nodiscard]] const std::string &name() const { return GetParam().name; }

    [[nodiscard]] std::string command() const { return GetParam().command(dir); }

    // A copy of the tool, for users who may not look into the build directory.
    [[nodiscard]] std::string copy_of_tool() const;

    // A child that takes the step `before` and then makes the event.
    Step event(const std::string &marker, const Step &before = {}, const std::string &comm = some_comm) const;
    // Makes one event in a child, and returns that child's end.
    Ended happen(const std::string &marker, const Step &before = {}, const std::string &comm = some_comm) const;

    // Starts the tool with `args`, makes an event that must not show and then one that
    // must, and looks.
    void expect_filter(const std::vector<std::string> &args, const Step &shown, const Step &hidden);
    // For events that differ in more than what precedes them: `hidden` and
    // `shown` make the event with the given marker.
    using Make = std::function<void(const std::string &marker)>;
    void expect_filter_by(const std::vector<std::string> &args, const Make &shown, const Make &hidden);

    // The tool exits before it traces: with that code, nothing on stdout except possibly the header,
    // and one line on stderr that contains each of `words`.
    void expect_refusal(int code, const std::vector<std::string> &args, const std::vector<std::string> &words,
                        const Start &start = {});

    // Makes one event in a thread of that name of a process of another.
    void happen_in_thread(const std::string &marker, const std::string &process, const std::string &thread) const;

    void SetUp() override;

    const WithProbe quick{GetParam().probe};
    TempDir dir;
    const WithArgs always{GetParam().args(dir)};
};

// Checks stderr: the line "tracing" with `until` ("press Ctrl-C to stop"), then
// `between`, then an accounting summary that balances.
void expect_stderr(const std::string &name, const std::string &err, const std::string &until = "press Ctrl-C to stop",
                   const std::vector<std::string> &between = {});

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// funclat and programs that leave functions in unusual ways: what it counts is what they count themselves,
// and they run as they do without it.
#include "attach/uprobe.hpp"
#include "funclat/funclat.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace snoop::test {
namespace {

using testing::Combine;
using testing::HasSubstr;
using testing::Values;

// The target's own account of a function.
struct Account {
    std::string function;
    std::uint64_t calls = 0, returned = 0;
};

struct TargetRun {
    std::string output;
    std::vector<Account> accounts;
};

TargetRun parse(const std::vector<std::string> &lines)
{
    TargetRun run;

    for (const std::string &line : lines) {
        if (line.starts_with('{'))
            continue;
        run.output += line + "\n";
        std::istringstream words{line};
        Account account;
        if (words >> account.function >> account.calls >> account.returned)
            run.accounts.push_back(account);
    }
    return run;
}

class ReturnsTest : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // Runs a target alone, and once for each function that it counts under funclat.
    static void expect_the_same_counts(const std::string &target, const Args &shape)
    {
        const Outcome alone = run_tool(target, shape, {.program = target, .wait = false});
        ASSERT_EQ(alone.code, 7) << alone.err;
        const TargetRun expected = parse(split_lines(alone.out));
        ASSERT_FALSE(expected.accounts.empty());
        for (const auto &[function, calls, returned] : expected.accounts) {
            const Json row = measured(target, function, shape, expected.output);
            EXPECT_EQ(number(row["count"]), calls) << row;
            EXPECT_EQ(number(row["returned"]), returned) << row;
            EXPECT_EQ(number(row["missed"]), 0u) << row;
            EXPECT_EQ(number(row["unwound"]) + number(row["ended"]), calls - returned) << row;
            // A call that was unwound just before the thread ended looks like one in which it ended.
            if (const auto ended = ended_inside(shape))
                EXPECT_EQ(number(row["ended"]), *ended) << row;
            else
                EXPECT_LE(number(row["ended"]), 4u) << row;
        }
    }

private:
    // How many calls end with their threads.
    static std::optional<std::uint64_t> ended_inside(const Args &shape)
    {
        if (shape == Args{"ended"})
            return 20;
        return shape == Args{"exits"} ? std::optional<std::uint64_t>{1} : std::nullopt;
    }

    // The row of a function while the target runs, whose output and status are compared.
    static Json measured(const std::string &target, const std::string &function, const Args &shape,
                         const std::string &output)
    {
        Args args{"-o", "json", target + ":" + function, "--", target};
        args.insert(args.end(), shape.begin(), shape.end());
        ToolRun tool{"funclat", args};
        tool.wait();
        EXPECT_THAT(tool.err(), HasSubstr("exited with 7\n"));
        EXPECT_EQ(parse(tool.lines()).output, output);
        expect_calls_balance(tool.err());
        for (const std::string &line : tool.lines())
            if (line.starts_with('{'))
                return parse_json(line);
        throw std::runtime_error("no row of " + function + "\n" + tool.err());
    }
};

const std::vector<std::string> every_shape{"recursive", "tail",   "either",  "thrown",  "jumped",
                                           "coroutine", "forked", "vforked", "handled", "ended",
                                           "exits",     "split",  "chosen",  "faulted", "resumed"};

class Returns : public ReturnsTest, public testing::WithParamInterface<std::tuple<std::string, std::string>> {};

TEST_P(Returns, AreThoseThatTheProgramCounts)
{
    const auto &[target, shape] = GetParam();

    expect_the_same_counts(tool_path(target), {shape});
}

std::string test_name(const testing::TestParamInfo<Returns::ParamType> &test)
{
    return fmt::format("{}_{}", std::get<0>(test.param), std::get<1>(test.param));
}
INSTANTIATE_TEST_SUITE_P(, Returns, Combine(Values("calls", "calls_fixed"), testing::ValuesIn(every_shape)), test_name);

// Each function of a pattern has its own count.
TEST_F(ReturnsTest, OfAThousandFunctions)
{
    SNOOP_NEEDS(cookies);
    // Without uprobe.multi each probe takes a link.
    const std::string pattern = tool_path("many") + (has_uprobe_multi() ? ":many_*" : ":many_1*");
    ToolRun tool{"funclat", {"-o", "json", pattern, "--", tool_path("many")}};
    tool.wait();
    EXPECT_THAT(tool.err(), HasSubstr("exited with 7\n"));
    expect_calls_balance(tool.err());
    std::size_t called = 0;
    for (const std::string &line : tool.lines()) {
        if (!line.starts_with('{'))
            continue;
        const Json row = parse_json(line);
        const int function = std::stoi(row["function"].get<std::string>().substr(5), nullptr, 10);
        EXPECT_EQ(number(row["count"]), static_cast<std::uint64_t>(function % 7)) << row;
        EXPECT_EQ(number(row["returned"]), number(row["count"])) << row;
        called += number(row["count"]) > 0;
    }
    EXPECT_EQ(called, has_uprobe_multi() ? 857u : 86u); // not the multiples of 7
}

// Compilers, options and linkers that make the same calls in other instructions.
struct Build {
    const char *name, *source, *command; // $1: the source, $2: the program
    std::vector<std::string> shapes;
};

void PrintTo(const Build &build, std::ostream *out) { *out << build.name; }

const std::vector<Build> builds
{
    {"NotOptimized", "calls.cpp", "g++ -std=c++20 -O0 $1 -o $2 -pthread", every_shape},
        {"Clang", "calls.cpp", "clang++ -std=c++20 -O2 $1 -o $2 -pthread", every_shape},
        {"Dynsym", "calls.cpp", "g++ -std=c++20 -O2 -fno-reorder-blocks-and-partition -rdynamic -s $1 -o $2 -pthread",
         every_shape},
#if defined(__x86_64__)
        {"Endbr", "calls.cpp", "g++ -std=c++20 -O2 -fcf-protection=full $1 -o $2 -pthread", every_shape},
#endif
        {"NoPlt", "calls.cpp", "g++ -std=c++20 -O3 -fno-plt -fstack-protector-all $1 -o $2 -pthread", every_shape},
        {"NoPie", "calls.cpp", "g++ -std=c++20 -O2 -no-pie $1 -o $2 -pthread", every_shape},
        {"Rust", "calls.rs", "rustc -O $1 -o $2", {}},
        {"Go", "calls.go", "HOME=${2%/*} GO111MODULE=off go build -o $2 $1", {}},
        {"GoStripped", "calls.go", "HOME=${2%/*} GO111MODULE=off go build -ldflags='-s -w' -o $2 $1", {}},
        {"Musl", "calls_musl.c", "musl-gcc -O2 $1 -o $2", {}},
};

class ReturnsOfBuild : public ReturnsTest, public testing::WithParamInterface<Build> {};

Start sh() { return {.program = "/bin/sh", .wait = false}; }

TEST_P(ReturnsOfBuild, AreThoseThatTheProgramCounts)
{
    const Build &build = GetParam();
    SNOOP_NEEDS(compilers);
    const TempDir dir;
    const std::string program = dir.at("calls"), source = std::string{SNOOP_TARGETS} + "/" + build.source;
    const Outcome built = run_tool("sh", {"-c", build.command, "sh", source, program}, sh());
    ASSERT_EQ(built.code, 0) << built.err;

    if (build.shapes.empty())
        expect_the_same_counts(program, {});
    for (const std::string &shape : build.shapes) {
        SCOPED_TRACE(shape);
        expect_the_same_counts(program, {shape});
    }
}
INSTANTIATE_TEST_SUITE_P(, ReturnsOfBuild, testing::ValuesIn(builds),
                         [](const testing::TestParamInfo<Build> &test) { return std::string{test.param.name}; });

} // namespace
} // namespace snoop::test

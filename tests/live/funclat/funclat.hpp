// SPDX-License-Identifier: BSD-2-Clause
// Shared by funclat's live tests: functions to trace, a worker that calls them, and what is measured.
//     const Measured calls = measure(own("snoop_quick"), {"quick", "100"});
#pragma once

#include "bpf_objects.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "kernel/features.hpp"
#include "load.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <csetjmp>
#include <cstdint>
#include <functional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <time.h>
#include <vector>

// The functions that are traced.
extern "C" {
int snoop_quick(int n);
void snoop_sleep(int ms);
int snoop_nested(int depth); // each call takes a millisecond longer than the one that it makes
int snoop_deep(int depth);
void snoop_jump(jmp_buf to);
void snoop_die();
}

namespace snoop::test {

using Args = std::vector<std::string>;

// "quick N", "threads T N", "sleep T N MS": calls of the functions above, by T threads, N times each.
// "sleeps N MS N MS": two series of them.
extern const Load worker;

inline std::uint64_t number(const Json &value) { return value.get<std::uint64_t>(); }

// Checks seen = returned (or counted) + filtered + inside + missed + ended + unwound + untimed + lost; returns the
// counts.
inline Json expect_calls_balance(const std::string &err)
{
    const Json accounting = parse_json(split_lines(err).back());
    std::uint64_t sum = 0;

    for (const char *key :
         {"returned", "counted", "filtered", "inside", "missed", "ended", "unwound", "untimed", "lost"})
        sum += accounting.contains(key) ? number(accounting[key]) : 0;
    EXPECT_EQ(number(accounting["seen"]), sum) << err;
    return accounting;
}

struct Measured {
    std::vector<Json> rows;
    Json accounting;
    std::string err;

    // The only row.
    [[nodiscard]] const Json &row() const { return rows.at(0); }
    [[nodiscard]] const Json &row_of(const std::string &function) const
    {
        for (const Json &row : rows)
            if (row["function"] == function)
                return row;
        throw std::runtime_error("no row of " + function + "\n" + err);
    }
};

class Funclat : public testing::Test {
protected:
    // A function of this program.
    static std::string own(const std::string &function) { return Load::self() + ":" + function; }

    // Measures the calls of a worker.
    static Measured measure(const std::string &function, const Args &work, const Args &options = {}, int code = 0)
    {
        Args args{"-o", "json"};
        args.insert(args.end(), options.begin(), options.end());
        args.insert(args.end(), {function, "--", Load::self()});
        args.insert(args.end(), work.begin(), work.end());
        ToolRun tool{"funclat", args, {.env = worker.env()}};
        EXPECT_EQ(tool.wait(), code) << tool.err();
        EXPECT_THAT(tool.err(), testing::HasSubstr(" exited with 0\n"));
        return {tool.rows(), expect_calls_balance(tool.err()), tool.err()};
    }

    // The number of calls of snoop_quick while `body` runs.
    static std::uint64_t counted(Args args, const std::function<void()> &body)
    {
        args.insert(args.begin(), {"-o", "json", own("snoop_quick")});
        ToolRun tool{"funclat", args};
        body();
        EXPECT_EQ(tool.stop(), 0);
        expect_calls_balance(tool.err());
        return number(tool.rows().at(0)["count"]);
    }

    static void work(
        const Args &args, const std::function<void()> &before = [] {})
    {
        EXPECT_EQ(in_child([&] {
                      before();
                      exec_now(worker.exec(args));
                  }).status,
                  0);
    }
};

// Checks that slots, sum and maximum agree, and that no call took less than `least` nanoseconds.
inline void expect_times(const Json &row, std::uint64_t calls, std::uint64_t least)
{
    const auto &slots = row["slots"];
    std::uint64_t sum = 0;

    EXPECT_EQ(number(row["returned"]), calls) << row;
    ASSERT_FALSE(slots.empty()) << row;
    for (const Json &slot : slots) {
        EXPECT_GE(number(slot["hi"]), least) << row;
        EXPECT_GT(number(slot["count"]), 0u);
        sum += number(slot["count"]);
    }
    EXPECT_EQ(sum, calls) << row;
    EXPECT_GE(number(row["sum"]), calls * least) << row;
    EXPECT_THAT(number(row["max"]),
                testing::AllOf(testing::Ge(number(slots.back()["lo"])), testing::Le(number(slots.back()["hi"]))))
        << row;
    EXPECT_NEAR(row["avg"].get<double>(), row["sum"].get<double>() / static_cast<double>(calls), 0.001);
}

// Kernels that preempt programs can miss hits at fentry; the accounting says how many.
inline bool may_skip(const std::string &probe) { return probe == "fentry" && kernel::may_preempt_programs(); }

class KernelFunctionTest : public Funclat {
protected:
    static void expect_calls_and_times(const std::string &probe)
    {
        const Measured syncs = measure("ksys_sync", {"sync", "5"}, {"-v", "--probe", probe});
        const Measured sleeps = measure("hrtimer_nanosleep", {"sleep", "1", "10", "20"}, {"--probe", probe});

        EXPECT_THAT(syncs.err, testing::HasSubstr("funclat: probe: " + probe + "\n"));
        EXPECT_EQ(syncs.row()["binary"], nullptr);
        if (may_skip(probe)) {
            EXPECT_LE(number(syncs.row()["count"]), 5u);
            EXPECT_GE(number(syncs.row()["count"]) + number(syncs.accounting["lost"]), 5u);
            EXPECT_LE(number(sleeps.row()["count"]), 10u);
            EXPECT_GE(number(sleeps.row()["count"]) + number(sleeps.accounting["lost"]), 10u);
            expect_times(sleeps.row(), number(sleeps.row()["returned"]), 20'000'000);
            return;
        }
        EXPECT_EQ(number(syncs.row()["count"]), 5u);
        expect_times(syncs.row(), 5, 0);
        EXPECT_EQ(number(sleeps.row()["count"]), 10u);
        expect_times(sleeps.row(), 10, 20'000'000);
    }
};

// The first of these functions that the kernel has; empty if it has none.
inline std::string function_of(const std::set<std::string> &names)
{
    std::istringstream symbols{read_file("/proc/kallsyms")};
    std::string address, type, name, rest;

    for (; symbols >> address >> type >> name; std::getline(symbols, rest))
        if ((type == "t" || type == "T") && names.contains(name))
            return name;
    return {};
}

} // namespace snoop::test

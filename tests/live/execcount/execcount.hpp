// SPDX-License-Identifier: BSD-2-Clause
// Shared by execcount's live tests: a program to execute, and the counts of it.
//     EXPECT_THAT(counted(json_of_children(), [&] { execute(program, 3); }), …);
#pragma once

#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "counts.hpp"
#include "exec_ways.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "maps.hpp"
#include "terminal.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <unistd.h>

namespace snoop::test {

class Execcount : public testing::Test {
protected:
    static Args json_of_children(const Args &more = {})
    {
        Args args{"-o", "json", "-i", "1000", "-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    void execute(const std::string &path, int times = 1) const
    {
        for (int i = 0; i < times; i++)
            EXPECT_EQ(run({.path = path}).status, 0);
    }
    // The counts of what `body` does.
    Counts counted(const Args &args, const std::function<void()> &body) const
    {
        ToolRun tool{"execcount", args};
        body();
        EXPECT_EQ(tool.stop(), 0);
        auto accounting = expect_balance(tool.err());
        const Counts counts = counts_in(tool.rows());
        EXPECT_EQ(accounting["counted"] + accounting["other"], sum(counts));
        return counts;
    }

    TempDir dir;
    const std::string program = dir.program("prog");
};

} // namespace snoop::test

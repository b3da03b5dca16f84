// SPDX-License-Identifier: BSD-2-Clause
// Shared by usdtsnoop's live tests: a program with probes, and what usdtsnoop shows of it.
//     ToolRun tool{"usdtsnoop", {path + ":snooptest:mark"}};
//     EXPECT_EQ(run({.path = path, .argv = {"target", "mark", "text"}}).status, 0);
#pragma once

#include "fixtures.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <string>
#include <unistd.h>
#include <vector>

namespace snoop::test {

using Args = std::vector<std::string>;

// The path of a copy that every user may execute.
inline std::string target(const TempDir &dir, const std::string &name = "usdt_target")
{
    const std::string path = dir.at(name);
    return access(path.c_str(), F_OK) == 0 ? path : dir.file(name, read_file(tool_path(name)), 0755);
}

class Usdtsnoop : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // The names of the probes that show while the program makes one call after the other.
    std::vector<std::string> shown_of(const Args &probes)
    {
        ToolRun tool{"usdtsnoop", probes};
        for (const char *what : {"mark", "table", "twice"})
            EXPECT_EQ(run({.path = path, .argv = {"target", what, "text"}}).status, 0);
        EXPECT_EQ(tool.stop(), 0) << tool.err();
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (const auto at = line.find("snooptest:"); at != line.npos)
                names.push_back(line.substr(at + 10, line.find(' ', at) - at - 10));
        return names;
    }

    TempDir dir;
    const std::string path = target(dir);
};

} // namespace snoop::test

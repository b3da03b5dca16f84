// SPDX-License-Identifier: BSD-2-Clause
// A tool with the options that all event tools share.
//     EXPECT_EQ(parsed({"-U"}).show_uid, true);
//     EXPECT_THAT(refusal({"-p", "x"}), HasSubstr("-p"));   // the message of a usage error
#pragma once

#include "base/error.hpp"
#include "cli/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snoop::test {

inline constexpr ToolInfo info{"mysnoop", "Shows what is mine.", "Examples:\n  mysnoop -x     something", 1};

inline CommonOptions parsed(std::vector<std::string> args, const ToolInfo &tool = info)
{
    args.insert(args.begin(), "mysnoop");
    std::vector<char *> argv;
    for (std::string &arg : args)
        argv.push_back(arg.data());
    argv.push_back(nullptr);

    Cli cli{static_cast<int>(args.size()), argv.data(), tool};
    cli.add_common();
    cli.parse();
    return cli.common();
}

// The message of the usage error that args must give.
inline std::string refusal(const std::vector<std::string> &args, const ToolInfo &tool = info)
{
    try {
        parsed(args, tool);
    } catch (const Error &error) {
        const std::string what = error.what();
        EXPECT_EQ(error.code(), exit_usage) << what;
        EXPECT_THAT(what, testing::Not(testing::HasSubstr("\n")));
        return what;
    }
    ADD_FAILURE() << "accepted: " << testing::PrintToString(args);
    return "";
}

} // namespace snoop::test

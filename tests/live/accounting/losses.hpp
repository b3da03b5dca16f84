// SPDX-License-Identifier: BSD-2-Clause
// Shared by the tests of lost events: each provokes a loss and checks its cause in the accounting
// summary, in text and in JSON, and that --strict fails.
//     expect_loss("opensnoop", {"-n", flooder}, "ring full", [](ToolRun &tool) { … return opens; });
#pragma once

#include "accounting.hpp"
#include "event_flood.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace snoop::test {

using Args = std::vector<std::string>;

class Losses : public testing::Test {
protected:
    // `make` makes events while the tool runs, and returns how many, if all are known. Some of
    // them must be lost, for this cause alone.
    using Make = std::function<std::optional<std::uint64_t>(ToolRun &)>;

    static void expect_loss(const std::string &name, const Args &args, const std::string &cause, const Make &make)
    {
        for (const bool json : {false, true}) {
            Args all{"-o", json ? "json" : "text"};
            if (!json)
                all.emplace_back("--strict");
            all.insert(all.end(), args.begin(), args.end());
            ToolRun tool{name, all};
            const auto made = make(tool);
            EXPECT_EQ(tool.stop(), json ? 0 : 1);
            auto accounting = expect_balance(tool.err());
            std::string key = cause;
            std::ranges::replace(key, ' ', '_');
            EXPECT_GT(accounting[key], 0u) << tool.err();
            EXPECT_EQ(accounting[key], accounting["lost"]) << tool.err();
            if (made) {
                EXPECT_EQ(accounting["printed"] + accounting["lost"], *made) << tool.err();
            }
            if (json) {
                EXPECT_EQ(parse_json(tool.err_lines().back())["lost_by"][key], accounting["lost"]);
            } else {
                EXPECT_THAT(tool.err_lines().back(),
                            testing::HasSubstr(fmt::format("; lost, {}: {}", cause, accounting["lost"])));
            }
        }
    }

    // Those that this kernel has.
    static std::vector<std::string> transports()
    {
        return lacks(Hook::ring) ? std::vector<std::string>{"perf"} : std::vector<std::string>{"ring", "perf"};
    }

    // Returns a FIFO that nobody writes. An open for reading waits.
    [[nodiscard]] std::string fifo() const
    {
        std::string path = dir.at(marker());
        mkfifo(path.c_str(), 0644);
        return path;
    }

    TempDir dir;
};

} // namespace snoop::test

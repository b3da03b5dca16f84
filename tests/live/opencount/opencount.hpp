// SPDX-License-Identifier: BSD-2-Clause
// Shared by opencount's live tests: opens by a child process that is called opener, and the counts of them.
//     EXPECT_THAT(counted({"--by", "dir"}, opens({one})), ElementsAre(Pair(dir.path(), 1)));
#pragma once

#include "accounting.hpp"
#include "counts.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "maps.hpp"
#include "tool_run.hpp"

#include "kernel/features.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace snoop::test {

using Args = std::vector<std::string>;

class Opencount : public testing::Test {
protected:
    // Runs `body` in a child that has a name that the tool filters by.
    static std::function<void()> in_opener(const std::function<void()> &body)
    {
        return [body] {
            const Ended done = in_child([&] {
                prctl(PR_SET_NAME, "opener");
                body();
            });
            EXPECT_EQ(done.status, 0);
        };
    }
    // Opens these paths, in the folder `at`.
    static std::function<void()> opens(const std::vector<std::string> &paths, const std::string &at = "/")
    {
        return in_opener([paths, at] {
            if (chdir(at.c_str()) != 0)
                _exit(1);
            for (const std::string &path : paths)
                open(path.c_str(), O_RDONLY);
        });
    }
    static Args json_of_openers(const Args &more)
    {
        Args args{"-o", "json", "-i", "1000", "-n", "opener"};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // The counts of what `body` does.
    static Counts counted(const Args &more, const std::function<void()> &body)
    {
        ToolRun tool{"opencount", json_of_openers(more)};
        body();
        EXPECT_EQ(tool.stop(), 0);
        auto accounting = expect_balance(tool.err());
        const Counts counts = counts_in(tool.rows());
        EXPECT_EQ(accounting["counted"] + accounting["other"], sum(counts));
        EXPECT_EQ(accounting["lost"], 0u);
        return counts;
    }

    // These hooks attach and detach quickly, and the kernel never skips their programs.
    const WithProbe quick{kernel::may_preempt_programs() ? "auto" : "raw_tp"};
    TempDir dir;
    const std::string one = dir.file("one.txt", "1"), two = dir.file("two", "2");
    const std::string none = dir.at("none.conf");
};

} // namespace snoop::test

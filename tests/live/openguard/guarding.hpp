// SPDX-License-Identifier: BSD-2-Clause
// Shared by openguard's tests of files and directories: opens that are audited or denied.
//     start({one});
//     expect_met({{"itself", [&] { return open_it(one); }, one, one}});
//     stop();
#pragma once

#include "accounting.hpp"
#include "openguard/openguard.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace snoop::test {

// A path and a call that lead to the guarded file.
struct Access {
    std::string name;
    std::function<int()> opens; // in a child
    std::string path;           // that the row shows, if it can be known
    std::string guard;          // that the row shows
};

class Guarding : public testing::TestWithParam<bool> {
protected:
    static bool enforce() { return GetParam(); }

    void SetUp() override { SNOOP_NEEDS(lsm); }

    void start(Args args)
    {
        args.insert(args.begin(), {"-o", "json"});
        if (enforce())
            args.insert(args.begin(), "--enforce");
        tool_.emplace("openguard", args);
    }
    // Each open makes a row. It is denied if the tool enforces.
    void expect_met(const std::vector<Access> &ways)
    {
        for (const Access &way : ways) {
            SCOPED_TRACE(way.name);
            const Result result = by_child(way.opens);
            EXPECT_EQ(result.err, enforce() ? EPERM : 0);
            rows_++;
            const Json row = tool_->row_where([&](const Json &r) { return r["pid"] == result.pid; });
            EXPECT_EQ(row["action"], enforce() ? "denied" : "audited");
            EXPECT_EQ(row["guard"], way.guard);
            if (!way.path.empty()) {
                EXPECT_EQ(row["path"], way.path);
            }
        }
    }
    void expect_unmet(const std::vector<std::pair<std::string, std::function<int()>>> &ways)
    {
        for (const auto &[name, opens] : ways)
            EXPECT_EQ(by_child(opens).err, 0) << name;
    }
    // Ends the tool. It printed only the rows that were expected.
    void stop()
    {
        EXPECT_EQ(tool_->stop(), 0);
        auto accounting = expect_balance(tool_->err());
        EXPECT_EQ(accounting["printed"], rows_) << tool_->out();
        EXPECT_EQ(accounting["filtered"] + accounting["lost"], 0u) << tool_->err();
    }

    TempDir dir;
    std::optional<ToolRun> tool_;
    std::size_t rows_ = 0;
};

// Auditing and enforcing share these; enforcing has an effect to check besides the row.
class Enforcing : public Guarding {};

} // namespace snoop::test

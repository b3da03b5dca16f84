// SPDX-License-Identifier: BSD-2-Clause
// Takes every route while the tool that has to report it watches, with each of its kinds of hooks.
// Each kind is a test suite, for which the tool is started once.
#include "watcher.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <vector>

namespace snoop::test {

struct Case {
    const Watcher *watcher;
    const Route *route;

    friend void PrintTo(const Case &c, std::ostream *out) { *out << c.watcher->name << ": " << c.route->how; }
};

namespace {

class Routes : public testing::TestWithParam<Case> {
protected:
    static void TearDownTestSuite()
    {
        if (watch)
            watch->stop();
        watch.reset();
    }
    void SetUp() override
    {
        const auto &[watcher, route] = GetParam();
        for (const Hook hook : watcher->needs) {
            SNOOP_NEEDS_HOOK(hook);
        }
        for (const Need &need : route->needs)
            if (need.watchers.empty() || std::count(need.watchers.begin(), need.watchers.end(), watcher->name)) {
                SNOOP_NEEDS_HOOK(need.hook);
            }
        if (!watch)
            watch = std::make_unique<Watch>(*watcher);
    }

    static inline std::unique_ptr<Watch> watch;
};

std::vector<Case> cases(Kind kind, const char *name)
{
    std::vector<Case> all;

    for (const Route &route : routes_of(watcher(kind, name)))
        all.push_back({&watcher(kind, name), &route});
    return all;
}

std::string name_of_case(const testing::TestParamInfo<Case> &info) { return info.param.route->name; }

#define ROUTES(kind, watcher)                                                                                          \
    INSTANTIATE_TEST_SUITE_P(kind##_##watcher, Routes, testing::ValuesIn(cases(Kind::kind, #watcher)), name_of_case)

ROUTES(exec, tracepoint);
ROUTES(exec, raw_tp);
ROUTES(exec, exit);
ROUTES(open, fentry);
ROUTES(open, kprobe);
ROUTES(open, raw_tp);
ROUTES(open, tracepoint);

TEST_P(Routes, Shows)
{
    const auto &[watcher, route] = GetParam();
    const TempDir dir;
    Made made = route->make(dir);

    for (Json &row : made.rows)
        if (watcher->name != "exit")
            row.erase("exit_code"), row.erase("signal");
    const std::vector<Json> rows = watch->rows_of(made);
    const auto blind = std::find_if(route->blind.begin(), route->blind.end(),
                                    [&watcher = watcher](const Blind &one) { return one.watcher == watcher->name; });
    if (blind != route->blind.end()) {
        EXPECT_NE(differences(rows, made.rows), "") << "it is shown, though the registry says: " << blind->why;
        return;
    }
    EXPECT_EQ(differences(rows, made.rows), "");
    if (!made.note.empty())
        fmt::print("NOTE: {}\n", made.note);
}

} // namespace
} // namespace snoop::test

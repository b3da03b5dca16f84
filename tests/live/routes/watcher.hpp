// SPDX-License-Identifier: BSD-2-Clause
// snoopkit's tools as watchers of routes: each tool with each of its kinds of hooks.
//     Watch watch{watchers(Kind::open).front()};
//     const Made made = route.make(dir);
//     EXPECT_EQ(differences(watch.rows_of(made), made.rows), "");
#pragma once

#include "route.hpp"
#include "tool_run.hpp"

#include <string>
#include <vector>

namespace snoop::test {

struct Watcher {
    Kind kind;
    std::string name; // of the hooks, or of the option that matters
    std::vector<std::string> options;
    std::vector<Hook> needs;
    // Its hooks have nothing to do with what succeeds.
    bool only_failures = false;
};

const std::vector<Watcher> &watchers(Kind kind);
const Watcher &watcher(Kind kind, const std::string &name);

// The routes that it has to show.
const std::vector<Route> &routes_of(const Watcher &watcher);

// A running watcher.
class Watch {
public:
    explicit Watch(const Watcher &watcher);

    // All rows that came of what has just been made, in their order; from this call on they
    // are history.
    std::vector<Json> rows_of(const Made &made);

    // Ends the tool. Its accounting must balance, and say that nothing was lost.
    void stop();

private:
    void wait_until_all_is_shown();

    const Watcher &watcher_;
    TempDir dir_;
    ToolRun tool_;
    std::size_t seen_ = 0; // bytes of its output
};

// The differences from what is expected: "" if each row matches and there is no other.
std::string differences(const std::vector<Json> &rows, const std::vector<Json> &expected);

} // namespace snoop::test

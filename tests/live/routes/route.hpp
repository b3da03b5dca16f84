// SPDX-License-Identifier: BSD-2-Clause
// The routes: every way to execute a program or open a file that the tools must report. A route is
// taken while a tool watches, and returns the rows that the tool must print. The live tests check
// this for snoopkit's tools; docs/reports/coverage.md compares other tools as well.
//     const TempDir dir;
//     for (const Route &route : routes(Kind::open))
//         expect_rows(route.make(dir).rows);
#pragma once

#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"

#include <functional>
#include <string>
#include <vector>

namespace snoop::test {

enum class Kind { exec, open };

// A hook without which a kernel makes the route impossible, for all watchers or for some
// (see watcher.hpp); why is the kernel's reason, in one line.
struct Need {
    Hook hook;
    std::string why;
    std::vector<std::string> watchers{};
};

// The routes that no kernel shows to this watcher; the test checks that this stays true.
struct Blind {
    std::string watcher;
    std::string why;
};

struct Made {
    // The expected contents of each row, in order. "pid" tells which rows of a tool are meant:
    // where it is not known, `marker` in "args" does.
    std::vector<Json> rows{};
    std::string marker{};
    // The words that a line of another tool must contain, in order; else what shown_by_others() takes
    // from the last row.
    std::vector<std::string> words{};
    // A difference of this kernel, for the document.
    std::string note{};
};

struct Route {
    std::string name; // of letters, digits and underscores
    std::string how;  // for the document
    std::function<Made(const TempDir &)> make;
    std::vector<Need> needs{};
    std::vector<Blind> blind{};
};

const std::vector<Route> &routes(Kind kind);

// The lines of the registry, one for each chapter of it.
std::vector<Route> exec_calls();    // by which call
std::vector<Route> exec_vectors();  // with which path and arguments
std::vector<Route> exec_places();   // where, and to what end
std::vector<Route> exec_failures(); // that do not succeed
std::vector<Route> open_calls();
std::vector<Route> open_uring(); // by io_uring, those that fail included
std::vector<Route> open_paths(); // by which path, and where it leads
std::vector<Route> open_failures();

// Throws for a failed setup, with errno.
void check(bool good, const std::string &what);

} // namespace snoop::test

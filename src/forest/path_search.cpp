// SPDX-License-Identifier: BSD-2-Clause
#include "forest/path_search.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace snoop {
namespace {

// The name that is searched for in PATH. A script that is found has other arguments, since its interpreter is the
// first.
template <class Exec> std::string_view command_of(const Exec &exec)
{
    if (!exec.file.empty())
        return exec.file.substr(exec.file.rfind('/') + 1);
    return exec.args.empty() ? std::string_view{} : exec.args.front();
}

} // namespace

void mark_found_later(const std::vector<Program> &programs, std::vector<FailedExec> &failed_execs)
{
    struct Step {
        std::uint64_t ts_ns;
        std::uint32_t tid;
        std::string_view command;
        FailedExec *failed; // null: a success
    };
    std::vector<Step> steps;

    for (FailedExec &each : failed_execs)
        steps.push_back({each.ts_ns, each.tid, command_of(each), &each});
    for (const Program &each : programs)
        if (each.is_seen)
            steps.push_back({each.start_ns, each.old_tid, command_of(each), nullptr});
    std::stable_sort(steps.begin(), steps.end(), [](const Step &a, const Step &b) { return a.ts_ns < b.ts_ns; });

    struct Try {
        std::string_view command;
        std::vector<FailedExec *> failed;
    };
    std::unordered_map<std::uint32_t, Try> tries; // by thread
    for (const Step &step : steps) {
        Try &now = tries[step.tid];
        if (now.command != step.command)
            now = {step.command, {}};
        if (step.failed) {
            now.failed.push_back(step.failed);
            continue;
        }
        for (FailedExec *failed : now.failed)
            failed->is_found_later = true;
        tries.erase(step.tid);
    }
}

} // namespace snoop

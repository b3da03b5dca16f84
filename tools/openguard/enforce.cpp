// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/enforce.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <string>

namespace snoop::openguard {
namespace {

// Files that root needs to start programs, log in, and stop this process from a shell.
std::set<std::string> vital_files()
{
    std::set<std::string> files{"/bin/sh", "/dev/null", "/etc/passwd", "/proc/self/status"};
    std::ifstream maps{"/proc/self/maps"};

    for (std::string line; std::getline(maps, line);)
        if (const auto at = line.find('/'); at != line.npos)
            files.insert(line.substr(at));
    return files;
}

} // namespace

// Opens each of them as a test: the programs see this process's opens, and never deny them.
void refuse_lockout(openguard_bpf &skel, const std::vector<Guarded> &guarded)
{
    auto &state = skel.bss->state;

    state.trial = 1;
    for (const std::string &path : vital_files()) {
        state.tried = 0;
        const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
        if (state.tried > 0 && state.tried <= guarded.size())
            throw Error{exit_usage,
                        "--enforce: '{}' covers {}, without which root could not stop openguard: limit the time with "
                        "--duration, or the tasks with --uid, --comm or `-- COMMAND`",
                        guarded[state.tried - 1].text, path};
    }
    state.trial = 0;
}

void start_denying(openguard_bpf &skel, const std::optional<double> &duration_s)
{
    auto &state = skel.bss->state;
    constexpr double grace_s = 1;

    if (duration_s)
        state.until_ns = static_cast<std::uint64_t>(kernel::clock_ns(CLOCK_MONOTONIC)) +
                         static_cast<std::uint64_t>((*duration_s + grace_s) * 1e9);
    __atomic_store_n(&state.armed, 1, __ATOMIC_RELEASE);
}

} // namespace snoop::openguard

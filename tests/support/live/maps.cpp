// SPDX-License-Identifier: BSD-2-Clause
#include "maps.hpp"

#include "bpf_objects.hpp"
#include "process.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace snoop::test {

void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args)
{
    const auto id = map_id(pid, name);
    if (!id)
        throw std::runtime_error(fmt::format("process {} has no map {}", pid, name));
    std::vector<std::string> argv{"bpftool", "map", action, "id", std::to_string(*id)};

    argv.insert(argv.end(), args.begin(), args.end());
    const Ended done = in_child([&] {
        setenv("PATH", "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin", 1);
        execvp("bpftool", pointers(argv).data());
        _exit(127);
    });
    if (done.status != 0)
        throw std::runtime_error(fmt::format("`{}` failed", fmt::join(argv, " ")));
}

} // namespace snoop::test

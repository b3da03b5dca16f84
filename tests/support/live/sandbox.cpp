// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox.hpp"
#include "privileges.hpp"
#include "reading.hpp"

#include <gtest/gtest.h>

#include <linux/bpf.h>
#include <linux/capability.h>

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

bool is_before_5_19()
{
    utsname name{};
    uname(&name);
    int major = 0, minor = 0;
    std::sscanf(name.release, "%d.%d", &major, &minor);
    return std::pair{major, minor} < std::pair{5, 19};
}

// Before 5.19, and with kernel.unprivileged_bpf_disabled, which can be set at any time, maps that are open cannot be
// read without it.
std::uint64_t capability_for_maps()
{
    const bool needs_none = in_child([] {
                                bpf_attr attr{};
                                attr.map_fd = static_cast<std::uint32_t>(-1);
                                become_nobody_with({});
                                const long result = syscall(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr));
                                _exit(result != 0 && errno == EPERM);
                            }).status == 0;

    const bool may_need_it = read_file("/proc/sys/kernel/unprivileged_bpf_disabled") == "0\n" && is_before_5_19();
    if (needs_none && !may_need_it)
        return 0;
    return std::uint64_t{1} << (prctl(PR_CAPBSET_READ, cap_bpf, 0, 0, 0) >= 0 ? cap_bpf : CAP_SYS_ADMIN);
}

} // namespace

std::string status_of(pid_t pid, const std::string &name)
{
    for (const std::string &line : split_lines(read_file(fmt::format("/proc/{}/status", pid))))
        if (line.starts_with(name + ":\t"))
            return line.substr(name.size() + 2);
    return {};
}

void expect_sandboxed(pid_t pid, std::uint64_t capabilities)
{
    const std::string left = fmt::format("{:016x}", capabilities | capability_for_maps());

    EXPECT_EQ(status_of(pid, "Seccomp"), "2");
    EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
    for (const char *set : {"CapPrm", "CapEff", "CapBnd"})
        EXPECT_EQ(status_of(pid, set), left) << set;
    for (const char *set : {"CapInh", "CapAmb"})
        EXPECT_EQ(status_of(pid, set), fmt::format("{:016x}", 0)) << set;
}

Strace::Strace(pid_t pid)
    : strace_([&] {
          exec_now({.path = "/usr/bin/strace",
                    .argv = {"strace", "-q", "-o", dir_.at("log"), "-p", std::to_string(pid)},
                    .env = {}});
      })
{
    if (!eventually([&] { return status_of(pid, "TracerPid") != "0"; }))
        throw std::runtime_error("strace does not attach");
}

std::vector<std::string> Strace::refused()
{
    strace_.wait();
    const std::string log = read_file(dir_.at("log"));
    if (log.find("exited with") == log.npos)
        throw std::runtime_error("strace has not seen the end:\n" + log);
    return refused_calls(log);
}

std::vector<std::string> refused_calls(const std::string &log)
{
    std::vector<std::string> refused;

    for (const std::string &line : split_lines(log)) {
        if (line.starts_with("seccomp("))
            refused.clear();
        // A regular file cannot be watched.
        const bool is_of_file = line.starts_with("epoll_ctl(");
        if (!is_of_file && (line.find("= -1 EPERM") != line.npos || line.find("= -1 ENOSYS") != line.npos))
            refused.push_back(line);
    }
    return refused;
}

} // namespace snoop::test

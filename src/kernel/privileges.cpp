// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/privileges.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <bpf/btf.h>
#include <linux/capability.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::kernel {
namespace {

// <linux/capability.h> has the last two since 5.8.
constexpr int cap_sys_admin = CAP_SYS_ADMIN, cap_net_admin = CAP_NET_ADMIN, cap_perfmon = 38, cap_bpf = 39;

std::uint64_t effective_capabilities()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("CapEff:"))
            return std::stoull(line.substr(7), nullptr, 16);
    return 0;
}

// Setting a file's group removes its capabilities, so they come last.
Error lacks_capabilities(const std::string &tool, std::string_view power, std::string_view both, std::string_view names)
{
    return Error{exit_lacks,
                 "needs root, or the capabilities {}: run `sudo {}`, or once for the members of a group "
                 "`f=$(command -v {}); sudo chgrp GROUP $f && sudo chmod 0750 $f && sudo setcap {}+ep $f`; "
                 "whoever may run it can then {}",
                 both,
                 tool,
                 tool,
                 names,
                 power};
}

} // namespace

bool has_capability(int capability) { return effective_capabilities() >> capability & 1; }

void require_bpf(const std::string &tool, std::string_view power, const std::string &btf)
{
    if (!has_capability(cap_sys_admin) && !(has_capability(cap_bpf) && has_capability(cap_perfmon)))
        throw lacks_capabilities(tool, power, "CAP_BPF and CAP_PERFMON", "cap_bpf,cap_perfmon");
    if (!btf.empty()) {
        if (access(btf.c_str(), R_OK) != 0)
            throw Error{exit_usage, "--btf: cannot read '{}': {}", btf, describe_errno(errno)};
        // Opening a FIFO would wait.
        if (struct stat about{}; stat(btf.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
            throw Error{exit_usage, "--btf: '{}' is not a regular file", btf};
        const std::unique_ptr<struct btf, void (*)(struct btf *)> types{btf__parse(btf.c_str(), nullptr), btf__free};
        if (!types)
            throw Error{exit_usage,
                        "--btf: '{}' has no BTF: give a vmlinux file, or a copy of another machine's "
                        "/sys/kernel/btf/vmlinux",
                        btf};
        return;
    }
    if (!has_btf()) {
        utsname name{};
        uname(&name);
        throw Error{exit_lacks,
                    "kernel {} has no BTF (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF=y): give its types with "
                    "--btf FILE",
                    name.release};
    }
}

void require_network_bpf(const std::string &tool, std::string_view power)
{
    if (has_capability(cap_net_admin) && (has_capability(cap_sys_admin) || has_capability(cap_bpf)))
        return;
    throw lacks_capabilities(tool, power, "CAP_BPF and CAP_NET_ADMIN", "cap_bpf,cap_net_admin");
}

bool has_perfmon() { return has_capability(cap_sys_admin) || has_capability(cap_perfmon); }

std::string load_hint(int err)
{
    if (err == EPERM) {
        if (setting("/sys/kernel/security/lockdown").find("[confidentiality]") != std::string::npos)
            return "the kernel is locked down (confidentiality): boot without lockdown=confidentiality";
        if (!has_capability(cap_sys_admin))
            return "CAP_BPF and CAP_PERFMON are not enough: run it as root";
    }
    if (err == EACCES && !has_perfmon())
        return "this kernel's verifier also requires CAP_PERFMON";
    if (err == ENOMEM || err == E2BIG)
        return "give a smaller --ring-size or --max-args-bytes";
    return {};
}

} // namespace snoop::kernel

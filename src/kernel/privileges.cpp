// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/privileges.hpp"
#include "kernel/features.hpp"
#include "kernel/own_program.hpp"
#include "kernel/system.hpp"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <sstream>
#include <string_view>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::kernel {
namespace {

// <linux/capability.h> has the last two since 5.8.
constexpr int cap_sys_admin = CAP_SYS_ADMIN, cap_net_admin = CAP_NET_ADMIN, cap_perfmon = 38, cap_bpf = 39;

// One of the sets of this process, a bit for each capability.
std::uint64_t capability_set(__u32 __user_cap_data_struct::*set)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> parts{};

    if (syscall(SYS_capget, &header, parts.data()) != 0)
        return 0;
    return parts[0].*set | std::uint64_t{parts[1].*set} << 32;
}

// The kernel's own levels end at 2. Debian's and Ubuntu's 3 and 4 leave perf events to root, or to CAP_PERFMON.
std::string perf_level() { return setting("/proc/sys/kernel/perf_event_paranoid"); }
bool is_perf_for_root() { return !perf_level().empty() && std::atoi(perf_level().c_str()) > 2; }

// The kernel has CAP_BPF since 5.8.
bool knows_cap_bpf() { return prctl(PR_CAPBSET_READ, cap_bpf, 0, 0, 0) >= 0; }

// Root in a user namespace has all capabilities, but none over the kernel.
constexpr const char *user_namespace = "a user namespace has no privileges over the kernel: run it outside, as root";

bool is_in_user_namespace()
{
    std::istringstream map{setting("/proc/self/uid_map")};
    std::uint64_t inside = 0, outside = 0, count = 0;

    return map >> inside >> outside >> count && (outside != 0 || count != UINT32_MAX);
}

// Setting a file's group removes its capabilities, so they come last.
Error lacks_capabilities(const Privileged &who, std::string_view both, std::string_view names)
{
    const std::string command = command_for_sudo(who.tool);

    if (is_in_user_namespace())
        return Error{exit_lacks, "{}", user_namespace};
    if (!knows_cap_bpf())
        return Error{exit_lacks, "needs root: run `sudo {}`", command};
    if (who.is_by_perf && is_perf_for_root())
        return Error{exit_lacks, "needs root, since kernel.perf_event_paranoid={} restricts perf events: run `sudo {}`",
                     perf_level(), command};
    return Error{exit_lacks,
                 "needs root, or the capabilities {}: run `sudo {}`, or once for the members of a group "
                 "`f={}; sudo chgrp GROUP $f && sudo chmod 0750 $f && sudo setcap {}+ep $f`; "
                 "whoever may run it can then {}",
                 both,
                 command,
                 own_path(who.tool),
                 names,
                 who.power};
}

} // namespace

bool is_lent_privileges() { return getauxval(AT_SECURE) != 0; }

void give_up_lent_privileges()
{
    if (!is_lent_privileges())
        return;
    if (!set_capabilities(0, 0))
        throw Error{exit_runtime, "cannot give up capabilities: {}", describe_errno(errno)};
}

bool has_capability(int capability) { return capability_set(&__user_cap_data_struct::effective) >> capability & 1; }

std::uint64_t permitted_capabilities() { return capability_set(&__user_cap_data_struct::permitted); }

bool set_capabilities(std::uint64_t effective, std::uint64_t permitted)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> parts{};

    for (unsigned i = 0; i < parts.size(); i++) {
        parts[i].effective = static_cast<std::uint32_t>(effective >> 32 * i);
        parts[i].permitted = static_cast<std::uint32_t>(permitted >> 32 * i);
    }
    return syscall(SYS_capset, &header, parts.data()) == 0;
}

void require_bpf(const Privileged &who, const std::string &btf)
{
    if (!has_capability(cap_sys_admin) && !(has_capability(cap_bpf) && has_capability(cap_perfmon)))
        throw lacks_capabilities(who, "CAP_BPF and CAP_PERFMON", "cap_bpf,cap_perfmon");
    if (!btf.empty()) {
        // The programs read kernel memory at the offsets that the file names.
        if (is_lent_privileges())
            throw Error{exit_usage, "--btf needs root, or capabilities of the caller: with those of the executable, it "
                                    "would let the caller read any kernel memory"};
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

void require_network_bpf(const Privileged &who)
{
    if (has_capability(cap_net_admin) && (has_capability(cap_sys_admin) || has_capability(cap_bpf)))
        return;
    throw lacks_capabilities(who, "CAP_BPF and CAP_NET_ADMIN", "cap_bpf,cap_net_admin");
}

bool has_perfmon() { return has_capability(cap_sys_admin) || has_capability(cap_perfmon); }

bool is_locked_down()
{
    return setting("/sys/kernel/security/lockdown").find("[confidentiality]") != std::string::npos;
}

// Since 5.11 they count for the cgroup. A helper of that release tells, by its name in the kernel's types: a probe is a
// program, which the limit may refuse as well.
bool counts_locked_memory()
{
    const std::unique_ptr<struct btf, void (*)(struct btf *)> types{btf__load_vmlinux_btf(), btf__free};
    const int id = types ? btf__find_by_name_kind(types.get(), "bpf_func_id", BTF_KIND_ENUM) : -1;

    if (id < 0)
        return false;
    const btf_type *helpers = btf__type_by_id(types.get(), static_cast<__u32>(id));
    return std::ranges::none_of(std::span{btf_enum(helpers), btf_vlen(helpers)}, [&](const struct btf_enum &helper) {
        return std::string_view{btf__name_by_offset(types.get(), helper.name_off)} == "BPF_FUNC_ktime_get_coarse_ns";
    });
}

std::string load_hint(int err)
{
    if (err == EPERM) {
        if (is_in_user_namespace())
            return user_namespace;
        if (!has_capability(CAP_SYS_RESOURCE) && counts_locked_memory())
            return "before Linux 5.11 programs and maps count as locked memory (RLIMIT_MEMLOCK): "
                   "try it after `ulimit -l unlimited`, or as root";
        if (!has_capability(cap_sys_admin))
            return "CAP_BPF and CAP_PERFMON are not enough here: try it as root";
    }
    if (err == EACCES && !has_perfmon())
        return "this kernel's verifier also requires CAP_PERFMON";
    if (err == ENOMEM || err == E2BIG)
        return "give a smaller --ring-size or --max-args-bytes";
    return {};
}

Refusal perf_refusal()
{
    if (is_perf_for_root())
        return Refusal{exit_lacks,
                       "perf events are restricted here (kernel.perf_event_paranoid={}): run it as root, or "
                       "`sudo sysctl kernel.perf_event_paranoid=2`",
                       perf_level()};
    return Refusal{exit_lacks, "the kernel refuses perf events to this user: run it as root"};
}

} // namespace snoop::kernel

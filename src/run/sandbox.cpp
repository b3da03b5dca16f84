// SPDX-License-Identifier: BSD-2-Clause
#include "run/sandbox.hpp"
#include "base/capabilities.hpp"
#include "base/error.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <seccomp_filters.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <span>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace snoop {
namespace {

constexpr unsigned cap_sys_admin = CAP_SYS_ADMIN, cap_bpf = 39; // <linux/capability.h> has it since 5.8

std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

bool is_kernel_since(int major, int minor)
{
    utsname name{};
    int its_major = 0, its_minor = 0;

    return uname(&name) == 0 && std::sscanf(name.release, "%d.%d", &its_major, &its_minor) == 2 &&
           (its_major > major || (its_major == major && its_minor >= minor));
}

// Before 5.19, kernel.unprivileged_bpf_disabled is about every bpf(2), also on a map that is open: asks for one that is
// not. While the setting is 0 nothing is refused, but somebody may change it later.
bool may_use_maps()
{
    bpf_attr attr{};

    attr.map_fd = static_cast<std::uint32_t>(-1);
    if (syscall(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr)) != 0 && errno == EPERM)
        return false;
    return kernel::setting("/proc/sys/kernel/unprivileged_bpf_disabled") != "0" || is_kernel_since(5, 19);
}

// Without CAP_SETPCAP the bounding set stays as it is. It is about an exec, which no_new_privs and the filter rule out.
void drop_from_bounding_set(std::uint64_t kept)
{
    for (unsigned capability = 0; capability < 64; capability++)
        if (!(kept & bit(capability)) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return; // the last one is over, too
}

// Returns those that are left.
std::uint64_t drop_capabilities(const SandboxNeeds &needs)
{
    const std::uint64_t had = kernel::permitted_capabilities();
    std::uint64_t kept = had & needs.capabilities;

    // Fails where there is none, before 4.3.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!kernel::set_capabilities(kept | (had & bit(CAP_SETPCAP)), had))
        return had;
    if (needs.maps && !may_use_maps())
        kept |= had & bit(cap_bpf) ? bit(cap_bpf) : had & bit(cap_sys_admin);
    drop_from_bounding_set(kept);
    return kernel::set_capabilities(kept, kept) ? kept : had;
}

std::string describe_capabilities(std::uint64_t left)
{
    std::string text;

    for (std::uint64_t rest = left; rest; rest &= rest - 1)
        text += (text.empty() ? "" : ",") + capability_name(static_cast<unsigned>(std::countr_zero(rest)));
    return text.empty() ? "no capabilities" : text;
}

std::span<const sock_filter> filter_of(SandboxCalls calls)
{
    switch (calls) {
    case SandboxCalls::user_names: return seccomp_filter_user_names;
    case SandboxCalls::network: return seccomp_filter_network;
    default: return seccomp_filter_plain;
    }
}

// Calls that fail are logged by the kernel (audit, or dmesg). Without SPEC_ALLOW, kernels before 5.16 slow down every
// load after a store, against code that the process runs for others; it runs none.
bool filter_calls(std::span<const sock_filter> filter)
{
    const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter *>(filter.data())};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                   &program) == 0;
}

} // namespace

std::string enter_sandbox(const SandboxNeeds &needs)
{
    std::string text = describe_capabilities(drop_capabilities(needs));

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        text += ", no_new_privs";
    if (needs.calls == SandboxCalls::all)
        return text + ", no system-call filter";
    if (filter_calls(filter_of(needs.calls)))
        return text + ", system-call filter";
    return text + ", no system-call filter: " + describe_errno(errno);
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/system_checks.hpp"
#include "base/users.hpp"
#include "kernel/features.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <array>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

Check have(std::string check, std::string found) { return {std::move(check), State::ok, std::move(found)}; }

Check lack(std::string check, std::string found, std::string fix)
{
    return {std::move(check), State::missing, std::move(found), std::move(fix)};
}

Check running_kernel()
{
    utsname name{};

    uname(&name);
    return have("kernel", fmt::format("{} {}{}", name.release, name.machine,
                                      kernel::may_preempt_programs() ? ", preempts programs" : ""));
}

// Kernel options that the hooks and maps of the tools need.
constexpr std::array<std::string_view, 11> build_options{
    "BPF_SYSCALL",   "BPF_JIT", "BPF_EVENTS",      "DEBUG_INFO_BTF", "FTRACE_SYSCALLS", "KPROBE_EVENTS",
    "UPROBE_EVENTS", "BPF_LSM", "FUNCTION_TRACER", "NET_CLS_BPF",    "CGROUPS"};

void check_build(std::vector<Check> &checks)
{
    const auto config = kernel::build_config();

    if (!config) {
        checks.push_back({"config", State::unknown, "neither /proc/config.gz nor /boot/config-RELEASE can be read",
                          "the hooks below are tried anyway"});
        return;
    }
    for (const std::string_view option : build_options) {
        const std::string line = fmt::format("\nCONFIG_{}=", option);
        const auto at = config->find(line);
        std::string check = fmt::format("config/{}", option);
        checks.push_back(at == config->npos ? lack(std::move(check), "not compiled in",
                                                   fmt::format("boot a kernel with CONFIG_{}=y", option))
                                            : have(std::move(check), config->substr(at + line.size(), 1)));
    }
}

Check types()
{
    return kernel::has_btf() ? have("btf", "/sys/kernel/btf/vmlinux")
                             : lack("btf", "the kernel's types cannot be read from /sys/kernel/btf/vmlinux",
                                    "boot a kernel with CONFIG_DEBUG_INFO_BTF=y, or give its types with --btf FILE");
}

Check mounted(const char *check, const std::optional<std::string> &where, const char *fix)
{
    return where ? have(check, *where) : lack(check, "not mounted, or not readable", fix);
}

Check jit()
{
    const std::string value = kernel::setting("/proc/sys/net/core/bpf_jit_enable");

    if (value.empty())
        return {"jit", State::unknown, "/proc/sys/net/core/bpf_jit_enable cannot be read"};
    return value == "0" ? lack("jit", "off: programs are interpreted", "sysctl net.core.bpf_jit_enable=1")
                        : have("jit", "on");
}

// The file holds all modes, the active one in brackets: "none [integrity] confidentiality".
Check lockdown()
{
    const std::string modes = kernel::setting("/sys/kernel/security/lockdown");

    if (modes.find("[confidentiality]") != modes.npos)
        return lack("lockdown", "confidentiality: programs may not read the kernel's memory",
                    "boot without lockdown=confidentiality");
    const auto begin = modes.find('['), end = modes.find(']');
    return have("lockdown", begin < end && end != modes.npos ? modes.substr(begin + 1, end - begin - 1) : "none");
}

Check statistics()
{
    return have("statistics", kernel::setting("/proc/sys/kernel/bpf_stats_enabled") == "1"
                                  ? "on: the kernel counts and times every program"
                                  : "off, as usual; enabled while programs are measured");
}

struct Capability {
    std::string_view name;
    int number;
    std::string_view use;
};

// Headers before 5.8 lack the numbers of CAP_BPF and CAP_PERFMON.
constexpr std::array<Capability, 5> capabilities{{{"CAP_SYS_ADMIN", CAP_SYS_ADMIN, ""},
                                                  {"CAP_BPF", 39, "programs and maps"},
                                                  {"CAP_PERFMON", 38, "tracing"},
                                                  {"CAP_NET_ADMIN", CAP_NET_ADMIN, "XDP and tc"},
                                                  {"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE, "RLIMIT_MEMLOCK"}}};

} // namespace

std::vector<Check> check_system()
{
    std::vector<Check> checks{running_kernel()};

    check_build(checks);
    checks.push_back(types());
    checks.push_back(mounted("mount/tracefs", kernel::tracefs(), "mount -t tracefs tracefs /sys/kernel/tracing"));
    checks.push_back(mounted("mount/bpffs", kernel::mount_of("bpf"), "mount -t bpf bpf /sys/fs/bpf"));
    checks.push_back(mounted("mount/cgroup2", kernel::cgroup2_mount(), "mount -t cgroup2 cgroup2 /sys/fs/cgroup"));
    checks.push_back(jit());
    checks.push_back(lockdown());
    checks.push_back(statistics());
    return checks;
}

std::vector<Check> check_user()
{
    std::vector<Check> checks;
    UserNames users;
    const bool is_admin = kernel::has_capability(CAP_SYS_ADMIN);

    checks.push_back(have("user", std::string{users.find(geteuid()).value_or("?")}));
    for (const auto &[name, number, use] : capabilities) {
        const bool is_optional =
            number == CAP_SYS_ADMIN || (number == CAP_SYS_RESOURCE && !kernel::counts_locked_memory());
        if (kernel::has_capability(number))
            checks.push_back(have(std::string{name}, "yes"));
        else if (is_optional)
            checks.push_back(have(std::string{name}, "no, and not needed on this kernel"));
        else if (is_admin && number != CAP_NET_ADMIN && number != CAP_SYS_RESOURCE)
            checks.push_back(have(std::string{name}, "no, but CAP_SYS_ADMIN includes it"));
        else
            checks.push_back(lack(std::string{name}, fmt::format("no; {} need it", use), "run it as root"));
    }
    rlimit memlock{};
    getrlimit(RLIMIT_MEMLOCK, &memlock);
    const std::string limit =
        memlock.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt::format("{} KiB", memlock.rlim_cur / 1024);
    checks.push_back(have("RLIMIT_MEMLOCK", kernel::counts_locked_memory()
                                                ? limit + "; libbpf raises it"
                                                : limit + ", which does not apply to BPF on this kernel"));
    return checks;
}

} // namespace snoop

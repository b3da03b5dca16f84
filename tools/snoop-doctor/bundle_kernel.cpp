// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/bundle_kernel.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace snoop {
namespace {

constexpr std::array config_options{"BPF",
                                    "BPF_SYSCALL",
                                    "BPF_JIT",
                                    "BPF_EVENTS",
                                    "BPF_JIT_ALWAYS_ON",
                                    "BPF_LSM",
                                    "CGROUPS",
                                    "BPF_UNPRIV_DEFAULT_OFF",
                                    "CGROUP_BPF",
                                    "COMPAT",
                                    "DEBUG_INFO_BTF",
                                    "DEBUG_INFO_BTF_MODULES",
                                    "FPROBE",
                                    "DYNAMIC_FTRACE",
                                    "DYNAMIC_FTRACE_WITH_ARGS",
                                    "FTRACE",
                                    "FTRACE_SYSCALLS",
                                    "DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
                                    "HZ",
                                    "FUNCTION_TRACER",
                                    "FUNCTION_GRAPH_TRACER",
                                    "IO_URING",
                                    "IA32_EMULATION",
                                    "KALLSYMS",
                                    "KALLSYMS_ALL",
                                    "KPROBES",
                                    "KPROBE_EVENTS",
                                    "NET_CLS_ACT",
                                    "NET_CLS_BPF",
                                    "NET_SCH_INGRESS",
                                    "NR_CPUS",
                                    "PERF_EVENTS",
                                    "PID_NS",
                                    "PREEMPT",
                                    "PREEMPT_DYNAMIC",
                                    "PREEMPT_LAZY",
                                    "PREEMPT_RT",
                                    "SECURITY",
                                    "SECURITYFS",
                                    "UPROBES",
                                    "SECURITY_LOCKDOWN_LSM",
                                    "UPROBE_EVENTS",
                                    "USER_NS",
                                    "X86_KERNEL_IBT",
                                    "X86_USER_SHADOW_STACK"};

constexpr std::array sysctls{"fs/nr_open",
                             "kernel/bpf_stats_enabled",
                             "kernel/dmesg_restrict",
                             "kernel/ftrace_enabled",
                             "kernel/kptr_restrict",
                             "kernel/perf_cpu_time_max_percent",
                             "kernel/perf_event_mlock_kb",
                             "kernel/perf_event_paranoid",
                             "kernel/pid_max",
                             "kernel/tainted",
                             "kernel/unprivileged_bpf_disabled",
                             "kernel/yama/ptrace_scope",
                             "net/core/bpf_jit_enable",
                             "net/core/bpf_jit_harden",
                             "net/core/bpf_jit_kallsyms",
                             "net/core/bpf_jit_limit"};

// A value that is a number, which tells nothing else.
std::optional<std::string> number_in(const std::string &path)
{
    const std::string text = kernel::setting(path.c_str());
    const bool is_number = !text.empty() && text.find_first_not_of("-0123456789") == text.npos;
    return is_number ? std::optional{text} : std::nullopt;
}

void put_config(JsonWriter &json)
{
    const auto config = kernel::build_config();

    json.key("config");
    if (!config) {
        json.value(nullptr);
        return;
    }
    json.begin_object();
    for (const std::string_view option : config_options) {
        const std::string line = fmt::format("\nCONFIG_{}=", option);
        const auto at = config->find(line);
        const auto from = at + line.size();
        json.key(option);
        if (at == config->npos)
            json.value("n");
        else
            json.value(std::string_view{*config}.substr(from, config->find('\n', from) - from));
    }
    json.end_object();
}

} // namespace

void put_kernel(JsonWriter &json)
{
    utsname name{};
    struct stat types {};

    uname(&name);
    json.key("kernel").begin_object();
    json.key("release").value(name.release).key("version").value(name.version).key("machine").value(name.machine);
    json.key("preempts_programs").value(kernel::may_preempt_programs());
    json.key("btf_bytes");
    if (stat(kernel::vmlinux_btf, &types) == 0)
        json.value(types.st_size);
    else
        json.value(nullptr);
    put_config(json);
    json.end_object();
}

void put_sysctls(JsonWriter &json)
{
    json.key("sysctls").begin_object();
    for (const char *path : sysctls) {
        std::string name{path};
        std::ranges::replace(name, '/', '.');
        json.key(name).value(number_in(fmt::format("/proc/sys/{}", path)));
    }
    json.end_object();
}

} // namespace snoop

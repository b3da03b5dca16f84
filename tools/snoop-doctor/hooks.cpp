// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/hooks.hpp"
#include "base/error.hpp"
#include "kernel/lsm.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/link.hpp"

#include <snoop-doctor.skel.h>

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace snoop {
namespace {

using Skel = snoop_doctor_bpf;

struct Hook {
    const char *name;
    bpf_program *(*program)(Skel &);
    int (*attach)(bpf_program *program); // 0, or -errno
    const char *fix;                     // where the hook is missing
};

// The link is destroyed at once; the check only needs to know that it can be created.
int result_of(const Link &link) { return link ? 0 : -errno; }

int attach_by_section(bpf_program *program) { return result_of(Link{bpf_program__attach(program)}); }

int attach_uprobe(bpf_program *program)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = strstr(bpf_program__section_name(program), "ret") != nullptr,
                .func_name = "getppid");
    return result_of(Link{bpf_program__attach_uprobe_opts(program, getpid(), "libc.so.6", 0, &options)});
}

constexpr int lo_index = 1; // in every network namespace

int attach_xdp(bpf_program *program)
{
    return enter_new_network() ? result_of(Link{bpf_program__attach_xdp(program, lo_index)}) : -errno;
}

// Uses netlink, which works on kernels without tcx links. The filter goes away with the namespace.
int attach_tc(bpf_program *program)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = lo_index, .attach_point = BPF_TC_EGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(program));

    if (!enter_new_network())
        return -errno;
    const int err = bpf_tc_hook_create(&hook);
    return err ? err : bpf_tc_attach(&hook, &options);
}

#define PROGRAM(name) [](Skel &skel) { return skel.progs.name; }

constexpr const char *with_kprobes = "boot a kernel with CONFIG_KPROBE_EVENTS=y";
constexpr const char *with_uprobes = "boot a kernel with CONFIG_UPROBE_EVENTS=y";
constexpr const char *with_trampolines =
    "boot a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y (on arm64, 6.4 or newer)";

constexpr std::array hooks{
    Hook{"tracepoint", PROGRAM(try_tp), attach_by_section, "mount -t tracefs tracefs /sys/kernel/tracing"},
    Hook{"raw_tp", PROGRAM(try_raw_tp), attach_by_section, "boot a kernel with CONFIG_BPF_EVENTS=y"},
    Hook{"tp_btf", PROGRAM(try_tp_btf), attach_by_section, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y"},
    Hook{"kprobe", PROGRAM(try_kprobe), attach_by_section, with_kprobes},
    Hook{"kretprobe", PROGRAM(try_kretprobe), attach_by_section, with_kprobes},
    Hook{"fentry", PROGRAM(try_fentry), attach_by_section, with_trampolines},
    Hook{"fexit", PROGRAM(try_fexit), attach_by_section, with_trampolines},
    Hook{"fmod_ret", PROGRAM(try_fmod_ret), attach_by_section, with_trampolines},
    Hook{"lsm", PROGRAM(try_lsm), attach_by_section, "boot a kernel with CONFIG_BPF_LSM=y"},
    Hook{"uprobe", PROGRAM(try_uprobe), attach_uprobe, with_uprobes},
    Hook{"uretprobe", PROGRAM(try_uretprobe), attach_uprobe, with_uprobes},
    Hook{"iterator", PROGRAM(try_iter), attach_by_section, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y"},
    Hook{"xdp", PROGRAM(try_xdp), attach_xdp, "boot Linux 5.9 or newer"},
    Hook{"tc", PROGRAM(try_tc), attach_tc, "boot a kernel with CONFIG_NET_CLS_BPF and CONFIG_NET_SCH_INGRESS"},
};

std::string check_of(const Hook &hook) { return fmt::format("hook/{}", hook.name); }

Check refused(const Hook &hook, const char *step, int err)
{
    std::string found = fmt::format("{}: {}", step, describe_errno(err));
    const bool is_forbidden = err == EPERM || err == EACCES;

    if (is_forbidden && !kernel::has_capability(CAP_SYS_ADMIN))
        return {check_of(hook), State::missing, std::move(found), "run it as root"};
    if (is_forbidden)
        return {check_of(hook), State::missing, found + " although you are root: a policy of this machine forbids it"};
    return {check_of(hook), State::missing, std::move(found), hook.fix};
}

Check try_hook(const Hook &hook)
{
    struct Destroy {
        void operator()(Skel *skel) const noexcept { Skel::destroy(skel); }
    };
    const std::unique_ptr<Skel, Destroy> skel{Skel::open()};
    if (!skel)
        return refused(hook, "open", errno);
    bpf_program *program = hook.program(*skel);
    // Without bpf among the active security modules, a program attaches and is never called.
    if (const auto active = lsm::active(); program == skel->progs.try_lsm && active && !lsm::has_bpf(*active))
        return {check_of(hook), State::missing, "bpf is not among the active security modules",
                lsm::how_to_enable(active)};
    bpf_program__set_autoload(program, true);
    if (const int err = Skel::load(skel.get()))
        return refused(hook, "load", -err);
    if (const int err = hook.attach(program))
        return refused(hook, "attach", -err);
    return {check_of(hook), State::ok, bpf_program__section_name(program)};
}

} // namespace

bool enter_new_network() { return unshare(CLONE_NEWNET) == 0; }

std::vector<std::string> hook_checks()
{
    std::vector<std::string> all;

    std::ranges::transform(hooks, std::back_inserter(all), check_of);
    return all;
}

Check try_hook(std::string_view check)
{
    const auto hook = std::ranges::find(hooks, check, check_of);

    if (hook == hooks.end())
        throw std::logic_error{"no such hook"};
    return try_hook(*hook);
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "hooks.hpp"

#include "probes.hpp"
#include "system_probes.hpp"

#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

using Reason = std::optional<std::string>;

Reason unless(bool is_there, std::string why) { return is_there ? Reason{} : Reason{std::move(why)}; }

template <bpf_map_type type> Reason map_type()
{
    return unless(libbpf_probe_bpf_map_type(type, nullptr) == 1, "the kernel does not know this type of map");
}

Reason cookies()
{
    return unless(libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, nullptr) == 1,
                  "the kernel has no bpf_get_attach_cookie");
}

Reason tracefs() { return unless(kernel::tracefs().has_value(), "tracefs is not mounted or not readable"); }

Reason btf() { return unless(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "no /sys/kernel/btf/vmlinux"); }

Reason programs(std::initializer_list<const char *> names)
{
    for (const char *name : names)
        if (const Reason missing = probe::program(name))
            return missing;
    return std::nullopt;
}

Reason compilers() { return programs({"g++", "clang++", "rustc", "go", "musl-gcc"}); }

Reason toolchain() { return programs({"clang", "llvm-strip", "bpftool", "g++", "make"}); }

Reason preempt() { return unless(kernel::may_preempt_programs(), "this kernel does not preempt programs"); }

// A hook, its name in SNOOP_REQUIRE, and the probe for it.
struct Entry {
    Hook hook;
    std::string_view name;
    Reason (*probe)();
};

constexpr std::array entries{
    Entry{Hook::ring, "ring", map_type<BPF_MAP_TYPE_RINGBUF>},
    Entry{Hook::perf, "perf", map_type<BPF_MAP_TYPE_PERF_EVENT_ARRAY>},
    Entry{Hook::raw_tp, "raw_tp", probe::raw_tp},
    Entry{Hook::tp, "tp", probe::tp},
    Entry{Hook::tp_btf, "tp_btf", probe::tp_btf},
    Entry{Hook::kprobe, "kprobe", probe::kprobe},
    Entry{Hook::fentry, "fentry", probe::fentry},
    Entry{Hook::fmod_ret, "fmod_ret", probe::fmod_ret},
    Entry{Hook::lsm, "lsm", probe::lsm},
    Entry{Hook::xdp, "xdp", probe::xdp},
    Entry{Hook::tcx, "tcx", probe::tcx},
    Entry{Hook::clsact, "clsact", probe::clsact},
    Entry{Hook::veth, "veth", probe::veth},
    Entry{Hook::tun, "tun", probe::tun},
    Entry{Hook::uprobe, "uprobe", probe::uprobe},
    Entry{Hook::tracefs, "tracefs", tracefs},
    Entry{Hook::cgroup2, "cgroup2", probe::cgroup2},
    Entry{Hook::cgroup1, "cgroup1", probe::cgroup1},
    Entry{Hook::memcg, "memcg", probe::memcg},
    Entry{Hook::btf, "btf", btf},
    Entry{Hook::ia32, "ia32", probe::ia32},
    Entry{Hook::task_storage, "task_storage", map_type<BPF_MAP_TYPE_TASK_STORAGE>},
    Entry{Hook::batch, "batch", probe::batch},
    Entry{Hook::userns, "userns", probe::userns},
    Entry{Hook::loginuid, "loginuid", probe::loginuid},
    Entry{Hook::uring, "uring", probe::uring},
    Entry{Hook::uring_req, "uring_req", probe::uring_req},
    Entry{Hook::exporter, "exporter", probe::exporter},
    Entry{Hook::reporter, "reporter", probe::reporter},
    Entry{Hook::sudo, "sudo", [] { return probe::program("sudo"); }},
    Entry{Hook::bash, "bash", [] { return probe::program("bash"); }},
    Entry{Hook::tcpdump, "tcpdump", [] { return probe::program("tcpdump"); }},
    Entry{Hook::tmux, "tmux", [] { return probe::program("tmux"); }},
    Entry{Hook::strace, "strace", [] { return probe::program("strace"); }},
    Entry{Hook::compilers, "compilers", compilers},
    Entry{Hook::toolchain, "toolchain", toolchain},
    Entry{Hook::preempt, "preempt", preempt},
    Entry{Hook::alone, "alone", probe::alone},
    Entry{Hook::hotplug, "hotplug", probe::hotplug},
    Entry{Hook::kprobe_multi, "kprobe_multi", probe::kprobe_multi},
    Entry{Hook::cookies, "cookies", cookies},
    Entry{Hook::overlay, "overlay", probe::overlay},
    Entry{Hook::binfmt_misc, "binfmt_misc", probe::binfmt_misc},
    Entry{Hook::core_pipe, "core_pipe", probe::core_pipe},
    Entry{Hook::legacy_open, "legacy_open", probe::legacy_open},
    Entry{Hook::userns_overlay, "userns_overlay", probe::userns_overlay},
    Entry{Hook::idmap, "idmap", probe::idmap},
    Entry{Hook::uffd, "uffd", probe::uffd},
};

static_assert(entries.size() == static_cast<std::size_t>(Hook::toolchain) + 1, "each Hook has one entry");

const Entry &entry_of(Hook hook) { return *std::ranges::find(entries, hook, &Entry::hook); }

} // namespace

std::string_view name_of(Hook hook) { return entry_of(hook).name; }

std::optional<Hook> hook_of(std::string_view wanted)
{
    for (const Entry &entry : entries)
        if (entry.name == wanted)
            return entry.hook;
    return std::nullopt;
}

std::optional<std::string> lacks(Hook hook)
{
    static std::map<Hook, Reason> known;

    if (const auto at = known.find(hook); at != known.end())
        return at->second;
    return known.emplace(hook, entry_of(hook).probe()).first->second;
}

bool is_required(Hook hook)
{
    const char *list = std::getenv("SNOOP_REQUIRE");
    std::istringstream all{list ? list : ""};

    for (std::string one; std::getline(all, one, ',');)
        if (one == name_of(hook))
            return true;
    return false;
}

} // namespace snoop::test

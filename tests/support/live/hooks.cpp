// SPDX-License-Identifier: BSD-2-Clause
#include "hooks.hpp"

#include "fixtures.hpp"
#include "net.hpp"
#include "open_ways.hpp"
#include "probes.hpp"
#include "process.hpp"

#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <sched.h>
#include <span>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

using Reason = std::optional<std::string>;

constexpr std::array<std::pair<Hook, std::string_view>, 36> names{{
    {Hook::ring, "ring"},
    {Hook::perf, "perf"},
    {Hook::raw_tp, "raw_tp"},
    {Hook::tp, "tp"},
    {Hook::tp_btf, "tp_btf"},
    {Hook::kprobe, "kprobe"},
    {Hook::fentry, "fentry"},
    {Hook::fmod_ret, "fmod_ret"},
    {Hook::lsm, "lsm"},
    {Hook::xdp, "xdp"},
    {Hook::tcx, "tcx"},
    {Hook::clsact, "clsact"},
    {Hook::veth, "veth"},
    {Hook::tun, "tun"},
    {Hook::uprobe, "uprobe"},
    {Hook::tracefs, "tracefs"},
    {Hook::cgroup2, "cgroup2"},
    {Hook::btf, "btf"},
    {Hook::ia32, "ia32"},
    {Hook::task_storage, "task_storage"},
    {Hook::batch, "batch"},
    {Hook::userns, "userns"},
    {Hook::uring, "uring"},
    {Hook::uring_req, "uring_req"},
    {Hook::sudo, "sudo"},
    {Hook::bash, "bash"},
    {Hook::tmux, "tmux"},
    {Hook::preempt, "preempt"},
    {Hook::alone, "alone"},
    {Hook::hotplug, "hotplug"},
    {Hook::kprobe_multi, "kprobe_multi"},
    {Hook::cookies, "cookies"},
    {Hook::overlay, "overlay"},
    {Hook::binfmt_misc, "binfmt_misc"},
    {Hook::core_pipe, "core_pipe"},
    {Hook::legacy_open, "legacy_open"},
}};

Reason unless(bool is_there, std::string why) { return is_there ? Reason{} : Reason{std::move(why)}; }

// Does the kernel have this map type?
Reason map_type(bpf_map_type type)
{
    return unless(libbpf_probe_bpf_map_type(type, nullptr) == 1, "the kernel does not know this type of map");
}

Reason batch()
{
    const Fd map{bpf_map_create(BPF_MAP_TYPE_HASH, "test_batch", 4, 4, 4, nullptr)};
    std::array<std::uint32_t, 4> keys{}, values{};
    std::uint32_t next = 0, count = keys.size();

    if (map && bpf_map_lookup_batch(map.get(), nullptr, &next, keys.data(), values.data(), &count, nullptr) == 0)
        return {};
    // ENOENT: the empty map was read to its end.
    return unless(map && errno == ENOENT, fmt::format("bpf_map_lookup_batch: {}", strerror(errno)));
}

Reason cgroup2()
{
    if (!cgroup2_mount())
        return "cgroup v2 is not mounted";
    try {
        const Cgroup one;
    } catch (const std::exception &error) {
        return error.what();
    }
    return {};
}

Reason ia32()
{
#if defined(__x86_64__)
    // getpid by the 32-bit entry; SIGSEGV where the kernel has none.
    const Ended ended = in_child([] {
        long pid = 20;
        asm volatile("int $0x80" : "+a"(pid) : : "memory", "r8", "r9", "r10", "r11");
        _exit(pid == getpid() ? 0 : 1);
    });
    return unless(ended.status == 0, "the kernel has no 32-bit system calls (CONFIG_IA32_EMULATION)");
#else
    return "32-bit x86 calls are of x86-64 only";
#endif
}

Reason uring()
{
    const int fd = open_by_uring({.path = "/"}, false, false);
    close(fd);
    return unless(fd >= 0, fmt::format("io_uring does not open: {}", strerror(-fd)));
}

Reason uring_req()
{
    const std::unique_ptr<btf, void (*)(btf *)> types{btf__load_vmlinux_btf(), btf__free};
    const auto id = types ? btf__find_by_name_kind(types.get(), "io_kiocb", BTF_KIND_STRUCT) : -1;
    if (id < 0)
        return "the kernel's types have no io_kiocb";
    const btf_type *type = btf__type_by_id(types.get(), static_cast<__u32>(id));
    const auto members = std::span{btf_members(type), btf_vlen(type)};
    return unless(std::any_of(members.begin(), members.end(),
                              [&](const btf_member &member) {
                                  return std::string_view{btf__name_by_offset(types.get(), member.name_off)} == "cqe";
                              }),
                  "the tracepoints of io_uring do not hand out the request");
}

Reason userns()
{
    const Ended ended = in_child([] { _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno); });
    return unless(ended.status == 0, fmt::format("unshare(CLONE_NEWUSER): {}", strerror(ended.status >> 8)));
}

// Tests that change the whole machine run only where it is theirs alone.
Reason alone()
{
    return unless(std::getenv("SNOOP_ALONE") != nullptr, "this machine may be others', too (SNOOP_ALONE is not set)");
}

Reason hotplug()
{
    if (const auto reason = alone())
        return reason;
    return unless(access("/sys/devices/system/cpu/cpu1/online", W_OK) == 0, "there is no CPU to take away");
}

Reason veth()
{
    try {
        const VethPair pair;
    } catch (const std::exception &error) {
        return error.what();
    }
    return {};
}

Reason tun()
{
    try {
        const TunDevice device{NetSpace{}};
    } catch (const std::exception &error) {
        return error.what();
    }
    return {};
}

// Runs a probe in a child with mounts of its own and a temporary directory.
Reason in_own_mounts(const std::function<void(const TempDir &)> &attempt)
{
    const TempDir dir;
    const auto [out, in] = make_pipe();
    const Ended ended = in_child([&] {
        try {
            private_mounts();
            attempt(dir);
        } catch (const std::exception &error) {
            dprintf(in.get(), "%s", error.what());
            _exit(1);
        }
    });
    std::array<char, 256> text{};
    const ssize_t n = ended.status == 0 ? 0 : read(out.get(), text.data(), text.size());
    return unless(ended.status == 0, {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0});
}

Reason overlay()
{
    return in_own_mounts(
        [](const TempDir &dir) { overlay_mount(dir.folder("lower"), dir.folder("upper"), dir.folder("merged")); });
}

Reason binfmt_misc()
{
    return in_own_mounts([](const TempDir &dir) {
        const std::string place = dir.folder("formats"), name = marker();
        add_binary_format(place, name, name, dir.at("interpreter"));
        tell_kernel(place + "/" + name, "-1");
    });
}

// core_pattern is global: it is changed only on a machine that is the tests' own.
Reason core_pipe()
{
    if (!std::getenv("SNOOP_ALONE"))
        return "SNOOP_ALONE is not set: where core dumps go is not for tests to change";
    return unless(access("/proc/sys/kernel/core_pattern", W_OK) == 0, "core_pattern cannot be written");
}

Reason legacy_open()
{
#if defined(SYS_open)
    return {};
#else
    return "this architecture has openat alone";
#endif
}

Reason program(const char *name)
{
    const char *path = std::getenv("PATH");
    std::istringstream dirs{path ? path : "/usr/bin:/bin"};

    for (std::string dir; std::getline(dirs, dir, ':');)
        if (access((dir + "/" + name).c_str(), X_OK) == 0)
            return {};
    return fmt::format("{} is not installed", name);
}

Reason find_out(Hook hook)
{
    switch (hook) {
    case Hook::ring: return map_type(BPF_MAP_TYPE_RINGBUF);
    case Hook::perf: return map_type(BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    case Hook::task_storage: return map_type(BPF_MAP_TYPE_TASK_STORAGE);
    case Hook::raw_tp: return probe::raw_tp();
    case Hook::tp: return probe::tp();
    case Hook::tp_btf: return probe::tp_btf();
    case Hook::kprobe: return probe::kprobe();
    case Hook::fentry: return probe::fentry();
    case Hook::fmod_ret: return probe::fmod_ret();
    case Hook::lsm: return probe::lsm();
    case Hook::xdp: return probe::xdp();
    case Hook::tcx: return probe::tcx();
    case Hook::clsact: return probe::clsact();
    case Hook::veth: return veth();
    case Hook::tun: return tun();
    case Hook::uprobe: return probe::uprobe();
    case Hook::kprobe_multi: return probe::kprobe_multi();
    case Hook::cookies:
        return unless(libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, nullptr) == 1,
                      "the kernel has no bpf_get_attach_cookie");
    case Hook::tracefs: return unless(kernel::tracefs().has_value(), "tracefs is not mounted, or not readable");
    case Hook::cgroup2: return cgroup2();
    case Hook::btf: return unless(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "no /sys/kernel/btf/vmlinux");
    case Hook::ia32: return ia32();
    case Hook::batch: return batch();
    case Hook::uring: return uring();
    case Hook::uring_req: return uring_req();
    case Hook::userns: return userns();
    case Hook::preempt: return unless(kernel::may_preempt_programs(), "this kernel does not preempt programs");
    case Hook::alone: return alone();
    case Hook::hotplug: return hotplug();
    case Hook::overlay: return overlay();
    case Hook::binfmt_misc: return binfmt_misc();
    case Hook::core_pipe: return core_pipe();
    case Hook::legacy_open: return legacy_open();
    case Hook::sudo: return program("sudo");
    case Hook::bash: return program("bash");
    case Hook::tmux: return program("tmux");
    }
    return "no such hook";
}

} // namespace

std::string_view name_of(Hook hook)
{
    for (const auto &[one, name] : names)
        if (one == hook)
            return name;
    return "?";
}

std::optional<Hook> hook_of(std::string_view wanted)
{
    for (const auto &[one, name] : names)
        if (name == wanted)
            return one;
    return std::nullopt;
}

std::optional<std::string> lacks(Hook hook)
{
    static std::map<Hook, Reason> known;

    if (const auto at = known.find(hook); at != known.end())
        return at->second;
    return known.emplace(hook, find_out(hook)).first->second;
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

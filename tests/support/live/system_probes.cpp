// SPDX-License-Identifier: BSD-2-Clause
#include "system_probes.hpp"

#include "fixtures.hpp"
#include "net.hpp"
#include "open_ways.hpp"
#include "process.hpp"
#include "tool_run.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <memory>
#include <sched.h>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace snoop::test::probe {
namespace {

using Reason = std::optional<std::string>;

Reason unless(bool is_there, std::string why) { return is_there ? Reason{} : Reason{std::move(why)}; }

// Runs a probe in a child with mounts of its own and a temporary directory.
Reason in_own_mounts(const std::function<void(const TempDir &)> &attempt)
{
    const TempDir dir;
    const auto [out, in] = make_pipe();
    const Ended ended = in_child([&, &in = in] {
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

} // namespace

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

Reason cgroup1()
{
    return in_own_mounts([](const TempDir &dir) {
        if (mount("snoop", dir.path().c_str(), "cgroup", 0, "none,name=snoopprobe") != 0)
            throw std::runtime_error(fmt::format("mount of a cgroup hierarchy: {}", strerror(errno)));
    });
}

Reason memcg()
{
    if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0)
        return {};
    std::ifstream controllers{cgroup2_mount().value_or("") + "/cgroup.controllers"};
    std::string name;
    while (controllers >> name)
        if (name == "memory")
            return {};
    return "there is no memory controller in /sys/fs/cgroup";
}

Reason ia32()
{
#if defined(__x86_64__)
    // getpid by the 32-bit entry. A kernel without 32-bit calls sends SIGSEGV.
    const Ended ended = in_child([] {
        long pid = 20;
        asm volatile("int $0x80" : "+a"(pid) : : "memory", "r8", "r9", "r10", "r11");
        _exit(pid == getpid() ? 0 : 1);
    });
    return unless(ended.status == 0, "the kernel has no 32-bit system calls (CONFIG_IA32_EMULATION)");
#else
    return "only x86-64 has 32-bit x86 calls";
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

Reason loginuid()
{
    const Ended ended = in_child([] { tell_kernel("/proc/self/loginuid", "1"); });
    return unless(ended.status == 0, "/proc/self/loginuid cannot be set");
}

Reason alone()
{
    return unless(std::getenv("SNOOP_ALONE") != nullptr, "SNOOP_ALONE is not set: others may use this machine");
}

Reason hotplug()
{
    if (const auto reason = alone())
        return reason;
    return unless(access("/sys/devices/system/cpu/cpu1/online", W_OK) == 0,
                  "this machine has no CPU that can be taken offline");
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

Reason overlay()
{
    return in_own_mounts(
        [](const TempDir &dir) { overlay_mount(dir.folder("lower"), dir.folder("upper"), dir.folder("merged")); });
}

Reason userns_overlay()
{
    const TempDir dir;
    const std::string merged = dir.folder("merged"), layers = dir.folder("one") + ":" + dir.folder("two");
    const Ended ended = in_child([&] {
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
                      mount("overlay", merged.c_str(), "overlay", 0, ("lowerdir=" + layers).c_str()) == 0
                  ? 0
                  : errno);
    });
    return unless(ended.status == 0, fmt::format("an overlay in a user namespace: {}", strerror(ended.status >> 8)));
}

Reason idmap()
{
    return in_own_mounts([](const TempDir &dir) {
        const std::string from = dir.folder("from");
        cover(from);
        idmapped_mount(from, dir.folder("to"), 1000);
    });
}

Reason uffd()
{
    const Fd fd{static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))};
    return unless(static_cast<bool>(fd), fmt::format("userfaultfd: {}", strerror(errno)));
}

Reason exporter()
{
    const TempDir dir;
    const std::string program = tool_path("snoop-export");
    const Ended ended = in_child([&] {
        const Fd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            dup2(null.get(), fd);
        exec_now({.path = program, .argv = {"snoop-export", "--feed=metrics", "--metrics-file=" + dir.at("x.prom")}});
    });
    return unless(ended.status == 0, fmt::format("'{}' is missing, or built without prometheus-cpp", program));
}

Reason reporter()
{
    const std::string program = tool_path("snoop-report");
    return unless(access(program.c_str(), X_OK) == 0, fmt::format("'{}' is missing", program));
}

Reason binfmt_misc()
{
    return in_own_mounts([](const TempDir &dir) {
        const std::string folder = dir.folder("formats"), name = marker();
        add_binary_format(folder, name, name, dir.at("interpreter"));
        tell_kernel(folder + "/" + name, "-1");
    });
}

Reason core_pipe()
{
    if (const auto reason = alone())
        return reason;
    return unless(access("/proc/sys/kernel/core_pattern", W_OK) == 0, "core_pattern cannot be written");
}

Reason legacy_open()
{
#if defined(SYS_open)
    return {};
#else
    return "this architecture has only openat";
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

} // namespace snoop::test::probe

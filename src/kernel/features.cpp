// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/features.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <mntent.h>
#include <sstream>
#include <unistd.h>
#include <zlib.h>

namespace snoop::kernel {
namespace {

// Older <linux/capability.h> lack the last two (5.8).
constexpr int cap_sys_admin = CAP_SYS_ADMIN, cap_net_admin = CAP_NET_ADMIN, cap_perfmon = 38, cap_bpf = 39;

std::uint64_t effective_capabilities()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("CapEff:"))
            return std::stoull(line.substr(7), nullptr, 16);
    return 0;
}

// Of the blank-separated words the one that begins so, without its beginning.
std::optional<std::string> word_of(const std::string &text, std::string_view begin)
{
    std::istringstream words{text};
    for (std::string word; words >> word;)
        if (word.starts_with(begin))
            return word.substr(begin.size());
    return std::nullopt;
}

} // namespace

bool has_capability(int capability) { return effective_capabilities() >> capability & 1; }

std::string setting(const char *path)
{
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<std::string> build_config()
{
    utsname name{};

    uname(&name);
    for (const auto &path : {std::string{"/proc/config.gz"}, fmt::format("/boot/config-{}", name.release)}) {
        // Reads what is not compressed, too.
        const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
        std::string text;
        std::array<char, 65536> part{};
        for (int n = 0; file && (n = gzread(file.get(), part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(n));
        if (!text.empty())
            return text;
    }
    return std::nullopt;
}

std::optional<std::string> mount_of(std::string_view type)
{
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent("/proc/self/mounts", "r"), endmntent};
    if (!mounts)
        return std::nullopt;
    while (const mntent *entry = getmntent(mounts.get()))
        if (type == entry->mnt_type)
            return entry->mnt_dir;
    return std::nullopt;
}

bool has_ring_buffer()
{
    static const bool has = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, nullptr) == 1;
    return has;
}

bool has_mmapable_arrays()
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    const Fd map{
        bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, sizeof(std::uint32_t), sizeof(std::uint32_t), 1, &options)};
    return static_cast<bool>(map);
}

bool has_helper(int helper)
{
    return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, static_cast<bpf_func_id>(helper), nullptr) == 1;
}

// The helper is as old.
bool allocates_for_programs()
{
    static const bool does = has_helper(BPF_FUNC_ktime_get_tai_ns);
    return does;
}

bool has_btf() { return access(vmlinux_btf, R_OK) == 0; }

bool has_fentry() { return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, nullptr) == 1; }

bool guards_fentry()
{
    const std::array<bpf_insn, 2> code{{{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    const Fd program{
        bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "snoop_probe", "GPL", code.data(), code.size(), nullptr)};
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);

    // It counts what it has kept out, and came with that field.
    return program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0 &&
           size >= offsetof(bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses);
}

namespace {

bool look_whether_it_preempts()
{
    // "none voluntary (full) lazy", where it is chosen when the kernel starts
    const std::string modes = setting("/sys/kernel/debug/sched/preempt");
    if (!modes.empty())
        return modes.find("(full)") != modes.npos || modes.find("(lazy)") != modes.npos;
    utsname name{};
    // "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-06-30)"
    if (uname(&name) == 0 && !strstr(name.version, "PREEMPT"))
        return false;
    if (const auto mode = word_of(setting("/proc/cmdline"), "preempt="))
        return *mode == "full" || *mode == "lazy";
    const auto config = build_config();
    return !config || std::ranges::any_of(std::array{"\nCONFIG_PREEMPT=y\n", "\nCONFIG_PREEMPT_LAZY=y\n"},
                                          [&](const char *line) { return config->find(line) != config->npos; });
}

} // namespace

bool may_preempt_programs()
{
    static const bool may = look_whether_it_preempts();
    return may;
}

bool has_kprobes()
{
    return access("/sys/bus/event_source/devices/kprobe/type", F_OK) == 0 ||
           access("/sys/kernel/tracing/kprobe_events", F_OK) == 0;
}

bool has_uprobes()
{
    return access("/sys/bus/event_source/devices/uprobe/type", F_OK) == 0 ||
           access("/sys/kernel/tracing/uprobe_events", F_OK) == 0;
}

bool has_cookies() { return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, nullptr) == 1; }

bool runs_32bit_programs()
{
#if defined(__x86_64__)
    return access("/proc/sys/abi/vsyscall32", F_OK) == 0;
#else
    // arm64 refuses the personality where it has no such programs.
    const int before = personality(0xffffffff);
    const bool taken = personality(PER_LINUX32) != -1;
    personality(static_cast<unsigned long>(before));
    return taken;
#endif
}

std::optional<std::string> tracefs()
{
    // libbpf looks at these two, in this order.
    for (const char *path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
        if (access((std::string{path} + "/events/syscalls").c_str(), R_OK | X_OK) == 0)
            return path;
    return std::nullopt;
}

std::optional<std::string> cgroup2_mount() { return mount_of("cgroup2"); }

void require_bpf(const std::string &tool, const std::string &btf)
{
    if (!has_capability(cap_sys_admin) && !(has_capability(cap_bpf) && has_capability(cap_perfmon)))
        throw Error{exit_lacks,
                    "needs root, or the capabilities CAP_BPF and CAP_PERFMON: run `sudo {0}`, or once "
                    "`sudo setcap cap_bpf,cap_perfmon+ep \"$(command -v {0})\"`",
                    tool};
    if (!btf.empty()) {
        if (access(btf.c_str(), R_OK) != 0)
            throw Error{exit_usage, "--btf: cannot read '{}': {}", btf, describe_errno(errno)};
        const std::unique_ptr<struct btf, void (*)(struct btf *)> types{btf__parse(btf.c_str(), nullptr), btf__free};
        if (!types)
            throw Error{exit_usage,
                        "--btf: '{}' holds no BTF; give a vmlinux file, or a copy of another machine's "
                        "/sys/kernel/btf/vmlinux",
                        btf};
        return;
    }
    if (!has_btf()) {
        utsname name{};
        uname(&name);
        throw Error{exit_lacks,
                    "kernel {} has no BTF (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF=y): give its types with "
                    "`--btf FILE`",
                    name.release};
    }
}

void require_network_bpf(const std::string &tool)
{
    if (has_capability(cap_net_admin) && (has_capability(cap_sys_admin) || has_capability(cap_bpf)))
        return;
    throw Error{exit_lacks,
                "needs root, or the capabilities CAP_BPF and CAP_NET_ADMIN: run `sudo {0}`, or once "
                "`sudo setcap cap_bpf,cap_net_admin+ep \"$(command -v {0})\"`",
                tool};
}

bool has_perfmon() { return has_capability(cap_sys_admin) || has_capability(cap_perfmon); }

std::string load_hint(int err)
{
    if (err == EPERM) {
        if (setting("/sys/kernel/security/lockdown").find("[confidentiality]") != std::string::npos)
            return "the kernel is locked down (confidentiality): boot without lockdown=confidentiality";
        if (!has_capability(cap_sys_admin))
            return "CAP_BPF and CAP_PERFMON were not enough: run it as root";
    }
    if (err == EACCES && !has_perfmon())
        return "this kernel's verifier asks for CAP_PERFMON as well";
    if (err == ENOMEM || err == E2BIG)
        return "give a smaller --ring-size or --max-args-bytes";
    return {};
}

std::int64_t clock_ns(int clock)
{
    timespec now{};

    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

} // namespace snoop::kernel

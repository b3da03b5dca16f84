// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <bpf/libbpf.h>
#include <sys/personality.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace snoop::kernel {
namespace {

// The rest of the first word in text that starts with `prefix`.
std::optional<std::string> word_after(const std::string &text, std::string_view prefix)
{
    std::istringstream words{text};
    for (std::string word; words >> word;)
        if (word.starts_with(prefix))
            return word.substr(prefix.size());
    return std::nullopt;
}

} // namespace

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

// The helper came with the same release.
bool allocates_for_programs()
{
    static const bool does = has_helper(BPF_FUNC_ktime_get_tai_ns);
    return does;
}

bool has_btf() { return access(vmlinux_btf, R_OK) == 0; }

bool has_fentry() { return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, nullptr) == 1; }

// The ring buffer came with the same release. The program's target is looked up in the kernel's types.
bool has_task_iterator() { return has_ring_buffer() && has_btf(); }

Fd load_probe(bpf_prog_type type, bpf_prog_load_opts *options, int return_value)
{
    const std::array<bpf_insn, 2> code{
        {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = return_value},
         {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}}};

    return Fd{bpf_prog_load(type, "snoop_probe", "GPL", code.data(), code.size(), options)};
}

bool guards_fentry()
{
    const Fd program = load_probe(BPF_PROG_TYPE_RAW_TRACEPOINT);
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);

    // The kernel counts the calls that it suppressed; the guard and this counter came together.
    return program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0 &&
           size >= offsetof(bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses);
}

namespace {

bool detect_preemption()
{
    // "none voluntary (full) lazy" on a kernel with PREEMPT_DYNAMIC
    const std::string modes = setting("/sys/kernel/debug/sched/preempt");
    if (!modes.empty())
        return modes.find("(full)") != modes.npos || modes.find("(lazy)") != modes.npos;
    utsname name{};
    // "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-06-30)"
    if (uname(&name) == 0 && !strstr(name.version, "PREEMPT"))
        return false;
    if (const auto mode = word_after(setting("/proc/cmdline"), "preempt="))
        return *mode == "full" || *mode == "lazy";
    const auto config = build_config();
    return !config || std::ranges::any_of(std::array{"\nCONFIG_PREEMPT=y\n", "\nCONFIG_PREEMPT_LAZY=y\n"},
                                          [&](const char *line) { return config->find(line) != config->npos; });
}

} // namespace

bool may_preempt_programs()
{
    static const bool may = detect_preemption();
    return may;
}

namespace {

enum class ProbeSource { none, tracefs, perf };

ProbeSource source_of(const std::string &probe)
{
    if (access(("/sys/bus/event_source/devices/" + probe + "/type").c_str(), F_OK) == 0)
        return ProbeSource::perf;
    return access(("/sys/kernel/tracing/" + probe + "_events").c_str(), F_OK) == 0 ? ProbeSource::tracefs
                                                                                   : ProbeSource::none;
}

} // namespace

bool has_kprobes() { return source_of("kprobe") != ProbeSource::none; }
bool has_uprobes() { return source_of("uprobe") != ProbeSource::none; }

bool has_probes_of_tracefs()
{
    return source_of("kprobe") == ProbeSource::tracefs || source_of("uprobe") == ProbeSource::tracefs;
}

bool has_cookies() { return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, nullptr) == 1; }

bool runs_32bit_programs()
{
#if defined(__x86_64__)
    return access("/proc/sys/abi/vsyscall32", F_OK) == 0;
#else
    // arm64 refuses the personality if it cannot run 32-bit programs.
    const int before = personality(0xffffffff);
    const bool taken = personality(PER_LINUX32) != -1;
    personality(static_cast<unsigned long>(before));
    return taken;
#endif
}

} // namespace snoop::kernel

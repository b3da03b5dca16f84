// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/skeleton.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"

#include <array>

namespace snoop {
namespace {

constexpr int kernel_enotsupp = 524; // ENOTSUPP of include/linux/errno.h, which user space has no name for

} // namespace

void throw_bpf_error(const Log &log, const char *step, int err)
{
    std::array<char, 128> own{}; // libbpf's own errors start at 4000
    libbpf_strerror(err, own.data(), own.size());
    std::string why = fmt::format("cannot {} the BPF programs: {}", step,
                                  err >= 4000              ? own.data()
                                  : err == kernel_enotsupp ? "not supported by this kernel (ENOTSUPP)"
                                                           : describe_errno(err));
    if (!log.libbpf_warning().empty())
        why += fmt::format(" [{}]", log.libbpf_warning());
    const std::string hint = kernel::load_hint(err);
    if (!hint.empty())
        why += "; " + hint;
    else if (!log.verbose())
        why += "; -v shows libbpf's messages and the verifier's log";
    // ESRCH: a function that a program names is none of this kernel's.
    const bool is_lacking =
        err == EPERM || err == ESRCH || err == kernel_enotsupp || (err == EACCES && !kernel::has_perfmon());
    throw Error{is_lacking ? exit_lacks : exit_runtime, "{}", why};
}

void create_map(bpf_map *map, bool is_used)
{
    if (!map || is_used)
        return;
    if (kernel::has_ring_buffer()) // which came with 5.8
        bpf_map__set_autocreate(map, false);
    else
        bpf_map__set_max_entries(map, 1);
}

Link attach_raw_tracepoint(bpf_program *program, const char *name)
{
    return Link{bpf_program__attach_raw_tracepoint(program, name)};
}

Link attach_kprobe(const Log &log, bpf_program *program, bool at_return, std::initializer_list<const char *> functions)
{
    int err = ENOENT;

    for (const char *function : functions) {
        if (Link link{bpf_program__attach_kprobe(program, at_return, function)})
            return link;
        err = errno;
    }
    throw_bpf_error(log, "attach", err);
}

Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name)
{
    Link link{bpf_program__attach_tracepoint(program, category, name)};

    if (!link)
        throw_bpf_error(log, "attach", errno);
    return link;
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/link.hpp"
#include "libbpf/skeleton.hpp"

#include <cerrno>

namespace snoop {

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

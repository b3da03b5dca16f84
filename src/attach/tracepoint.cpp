// SPDX-License-Identifier: BSD-2-Clause
#include "attach/tracepoint.hpp"
#include "libbpf/skeleton.hpp"

#include <cerrno>

namespace snoop {

Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name)
{
    Link link{bpf_program__attach_tracepoint(program, category, name)};

    if (!link)
        throw_bpf_error(log, "attach", errno);
    return link;
}

Link attach_raw_tracepoint(bpf_program *program, const char *name)
{
    return Link{bpf_program__attach_raw_tracepoint(program, name)};
}

} // namespace snoop

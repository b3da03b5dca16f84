// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/error.hpp>
#include <snoop/kernel.hpp>
#include <snoop/skeleton.hpp>

#include <array>

namespace snoop {

void throw_bpf_error(const Log &log, const char *step, int err)
{
    std::array<char, 128> own{}; // libbpf's own errors start at 4000
    libbpf_strerror(err, own.data(), own.size());
    std::string why =
        fmt::format("cannot {} the BPF programs: {}", step, err >= 4000 ? own.data() : describe_errno(err));
    if (!log.libbpf_warning().empty())
        why += fmt::format(" [{}]", log.libbpf_warning());
    const std::string hint = kernel::load_hint(err);
    if (!hint.empty())
        why += "; " + hint;
    else if (!log.verbose())
        why += "; -v shows libbpf's messages and the verifier's log";
    throw Error{err == EPERM ? exit_lacks : exit_runtime, "{}", why};
}

Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name)
{
    Link link{bpf_program__attach_tracepoint(program, category, name)};

    if (!link)
        throw_bpf_error(log, "attach", errno);
    return link;
}

} // namespace snoop

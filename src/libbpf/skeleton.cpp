// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/skeleton.hpp"
#include "base/error.hpp"
#include "kernel/privileges.hpp"

#include <array>

namespace snoop {
namespace {

constexpr int kernel_enotsupp = 524; // ENOTSUPP (include/linux/errno.h), which user space does not define

} // namespace

void throw_bpf_error(const Log &log, const char *step, int err)
{
    if ((err == EINVAL || err == EPERM) && kernel::is_locked_down())
        throw kernel::Refusal{exit_lacks,
                              "cannot {} the BPF programs: the kernel is locked down (confidentiality): boot without "
                              "lockdown=confidentiality",
                              step};
    std::array<char, 128> own{}; // libbpf's own error numbers start at 4000
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
    else if (!log.has_libbpf_messages())
        why += "; -vv shows all of libbpf's messages";
    // ESRCH: the kernel does not have a function that a program names.
    const bool is_lacking =
        err == EPERM || err == ESRCH || err == kernel_enotsupp || (err == EACCES && !kernel::has_perfmon());
    // If the kernel only ran short of something, the log holds no reason.
    if (err != EMFILE && err != ENFILE && err != ENOMEM)
        log.report_verifier();
    throw Error{is_lacking ? exit_lacks : exit_runtime, "{}", why};
}

} // namespace snoop

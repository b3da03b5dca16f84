// SPDX-License-Identifier: BSD-2-Clause
#include "attach/kprobe.hpp"
#include "base/error.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/skeleton.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace snoop {

Link try_kprobe(bpf_program *program, const std::string &function, bool at_return, std::uint64_t cookie)
{
    LIBBPF_OPTS(bpf_kprobe_opts, options, .bpf_cookie = cookie, .retprobe = at_return);

    return Link{bpf_program__attach_kprobe_opts(program, function.c_str(), &options)};
}

Link attach_kprobe(const Log &log, bpf_program *program, std::initializer_list<std::string> functions, bool at_return)
{
    std::string why;

    for (const std::string &function : functions) {
        if (Link link = try_kprobe(program, function, at_return))
            return link;
        const int err = errno;
        if (err == EACCES)
            throw kernel::perf_refusal();
        if (err == EPERM)
            throw_bpf_error(log, "attach", err);
        const auto reason = err == ENOENT ? std::nullopt : KernelFunctions{}.untraceable_reason(function);
        why += fmt::format("{}'{}' cannot be traced: {}", why.empty() ? "" : "; ", function,
                           reason.value_or(describe_errno(err)));
    }
    throw Error{exit_lacks, "{}", why};
}

void use_kprobe_multi(bpf_program *program) { bpf_program__set_expected_attach_type(program, BPF_TRACE_KPROBE_MULTI); }

Link attach_kprobes(bpf_program *program, std::span<const KernelFunction> functions, bool at_return)
{
    std::vector<unsigned long> addresses;
    std::vector<const char *> names;
    std::vector<__u64> address_cookies, name_cookies;
    for (std::size_t i = 0; i < functions.size(); i++) {
        names.push_back(functions[i].name.c_str());
        name_cookies.push_back(i);
        for (const std::uint64_t address : functions[i].addresses) {
            addresses.push_back(address);
            address_cookies.push_back(i);
        }
    }
    // kernel.kptr_restrict shows addresses as 0.
    const bool by_name = std::ranges::count(addresses, 0ul) > 0;
    LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .retprobe = at_return);
    if (by_name)
        options.syms = names.data();
    else
        options.addrs = addresses.data();
    options.cookies = by_name ? name_cookies.data() : address_cookies.data();
    options.cnt = by_name ? names.size() : addresses.size();
    Link link{bpf_program__attach_kprobe_multi_opts(program, nullptr, &options)};
    if (!link)
        throw Error{exit_lacks, "cannot attach to {} functions at once: {} (requires Linux 5.18 and CONFIG_FPROBE)",
                    options.cnt, describe_errno(errno)};
    return link;
}

} // namespace snoop

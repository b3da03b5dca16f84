// SPDX-License-Identifier: BSD-2-Clause
// The functions of the running kernel and its modules, by name.
//     KernelFunctions functions;
//     functions.find("vfs_read");       // throws Error if there is none
//     functions.match("tcp_*");         // all that can be traced
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snoop {

struct KernelFunction {
    std::string name;
    // Several if static functions of different files share the name; 0 if this user may not
    // see addresses (kernel.kptr_restrict).
    std::vector<std::uint64_t> addresses;
};

// The files that list functions.
struct FunctionLists {
    std::string symbols = "/proc/kallsyms";
    // Functions that ftrace can trace: "vfs_read", "nft_do_chain [nf_tables]". May be unreadable.
    std::string traceable = "/sys/kernel/tracing/available_filter_functions";
    // Functions on which the kernel allows no kprobe: "0xffffffff…-0xffffffff…<tab>name".
    std::string forbidden = "/sys/kernel/debug/kprobes/blacklist";
};

class KernelFunctions {
public:
    explicit KernelFunctions(FunctionLists lists = {}) : lists_(std::move(lists)) {}

    // Throws Error: exit 2, with similar names, if there is no such function; exit 3 if the list cannot be read.
    [[nodiscard]] KernelFunction find(const std::string &name) const;

    // The functions that match, sorted, one for each address, without those known to be
    // untraceable. Throws Error: exit 2 if no function matches, exit 3 if none can be traced,
    // or the list cannot be read.
    [[nodiscard]] std::vector<KernelFunction> match(const std::string &pattern) const;

    // The reason why an existing function cannot be traced, if the lists tell.
    [[nodiscard]] std::optional<std::string> untraceable_reason(const std::string &name) const;

private:
    FunctionLists lists_;
};

} // namespace snoop

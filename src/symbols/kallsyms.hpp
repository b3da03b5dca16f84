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
    // Several, if functions of different files have the same name; 0 where this user may
    // not see it (kptr_restrict).
    std::vector<std::uint64_t> addresses;
};

// Where they are listed.
struct FunctionLists {
    std::string symbols = "/proc/kallsyms";
    // Of the functions that ftrace can trace: "vfs_read", "nft_do_chain [nf_tables]". May be unreadable.
    std::string traceable = "/sys/kernel/tracing/available_filter_functions";
    // Of those that no kprobe may be on: "0xffffffff…-0xffffffff…<tab>name".
    std::string forbidden = "/sys/kernel/debug/kprobes/blacklist";
};

class KernelFunctions {
public:
    explicit KernelFunctions(FunctionLists lists = {}) : lists_(std::move(lists)) {}

    // Throws Error (exit 2), with names that look like it, if there is none.
    [[nodiscard]] KernelFunction find(const std::string &name) const;

    // Those that match, sorted, without those that are known to be not traceable, and of
    // several at one address one. Throws Error (exit 2) if there is none.
    [[nodiscard]] std::vector<KernelFunction> match(const std::string &pattern) const;

    // Why one that exists can't be traced, as far as the lists tell.
    [[nodiscard]] std::optional<std::string> why_not(const std::string &name) const;

private:
    FunctionLists lists_;
};

} // namespace snoop

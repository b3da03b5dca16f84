// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to the entry or the return of kernel functions: one link for each
// function, or one for all of them (kprobe.multi, 5.18, CONFIG_FPROBE).
//     use_kprobe_multi(program);                                  // before the load
//     links.push_back(attach_kprobes(program, functions, false)); // cookie: index in functions
#pragma once

#include "kernel/features.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"
#include "symbols/kallsyms.hpp"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace snoop {

// Attaches to one function; an empty link and errno if the kernel refuses. A cookie other than
// 0 requires kernel::has_cookies().
Link try_kprobe(bpf_program *program, const std::string &function, bool at_return, std::uint64_t cookie = 0);

// Attaches to the first of these functions to which the kernel lets the program attach. Throws
// Error (exit 3) with the reasons if there is none.
Link attach_kprobe(const Log &log, bpf_program *program, std::initializer_list<std::string> functions, bool at_return);

// Attaches to all these functions, and to each one of several with the same name. The program
// must have been loaded after use_kprobe_multi(). Throws Error (exit 3).
void use_kprobe_multi(bpf_program *program);
Link attach_kprobes(bpf_program *program, std::span<const KernelFunction> functions, bool at_return);

} // namespace snoop

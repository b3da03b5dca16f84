// SPDX-License-Identifier: BSD-2-Clause
// Programs on functions of the kernel, at their entry or where they return: by a link for
// each function, or (kprobe.multi, 5.18, CONFIG_FPROBE) by one link for all.
//     use_kprobe_multi(program);                                  // before the load
//     links.push_back(attach_kprobes(program, functions, false)); // its number is a function's cookie
#pragma once

#include "kernel/features.hpp"
#include "libbpf/link.hpp"
#include "symbols/kallsyms.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace snoop {

// To one function. A cookie other than 0 needs kernel::has_cookies(). No link, and errno, if
// the kernel refuses.
Link try_kprobe(bpf_program *program, const std::string &function, bool at_return, std::uint64_t cookie = 0);

// The same; throws Error, exit 3 with the reason as far as it can be found out.
Link attach_kprobe(const Log &log, bpf_program *program, const std::string &function, bool at_return);

// To all of these, and where several have one name to each; the program was loaded for that alone.
// Throws Error (exit 3).
void use_kprobe_multi(bpf_program *program);
Link attach_kprobes(bpf_program *program, std::span<const KernelFunction> functions, bool at_return);

} // namespace snoop

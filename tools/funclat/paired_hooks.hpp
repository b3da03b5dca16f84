// SPDX-License-Identifier: BSD-2-Clause
// One way to see calls begin and return: a program at the entry, and one at the return.
//     methods.push_back(method(context, {.name = "kprobe", .attach = …}));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "libbpf/link.hpp"
#include "run/attach_method.hpp"
#include "run/tracer.hpp"

#include <cstddef>
#include <functional>
#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// The most functions that one link can trace.
constexpr std::size_t most_at_once = 1024;

using Skel = funclat_bpf;

using Links = std::vector<Link>;

// The run that the hooks are for. It refers to its members.
struct Context {
    const Tracer &tracer;
    const Options &options;
    const FunctionTarget &target;

    [[nodiscard]] const KernelFunction &function() const { return target.kernel.front(); }
    // The name of which the kernel has several functions; null if there is none.
    [[nodiscard]] const KernelFunction *ambiguous() const
    {
        const auto found =
            std::ranges::find_if(target.kernel, [](const auto &one) { return one.addresses.size() > 1; });
        return found == target.kernel.end() ? nullptr : &*found;
    }
};

// How programs are attached to an entry and a return.
struct Kind {
    const char *name;
    bool by_trampoline = false; // fentry and fexit programs, which get arguments instead of registers
    bool on_task_stack = false; // may be preempted: bpf/lib/private_stack.bpf.h
    bool timed = true;          // otherwise calls are only counted
    bool has_return_frames = true;
    std::function<void(bpf_program *)> prepare{}; // before the load
    std::function<Links(bpf_program *, bool at_return)> attach;
    std::function<void(Skel &)> fill{};
};

AttachMethod<Skel> method(Context context, Kind kind);

// Throws Error (exit 2) if the pattern matches more functions than `most`.
void check_number(Context context, std::size_t most);

} // namespace snoop::funclat

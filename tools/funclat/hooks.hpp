// SPDX-License-Identifier: BSD-2-Clause
// The hooks of funclat: how the entries and returns of its functions are seen, best first.
//     auto attached = tracer.attach_first(attach_methods(tracer, options, target));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "run/tracer.hpp"

#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// They refer to all three arguments. Throws Error (exit 3) if the system has none of them.
std::vector<AttachMethod<funclat_bpf>> attach_methods(const Tracer &tracer, const Options &options,
                                                      const FunctionTarget &target);

} // namespace snoop::funclat

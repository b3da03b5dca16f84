// SPDX-License-Identifier: BSD-2-Clause
// The hooks on entries and returns of the traced functions, in order of preference.
//     auto attached = tracer.attach_first(attach_methods(tracer, options, target));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "run/tracer.hpp"

#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// The result keeps references to all three arguments. Throws Error (exit 3) if this system has none of the hooks.
std::vector<AttachMethod<funclat_bpf>> attach_methods(const Tracer &tracer, const Options &options,
                                                      const FunctionTarget &target);

} // namespace snoop::funclat

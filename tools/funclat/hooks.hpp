// SPDX-License-Identifier: BSD-2-Clause
// The hooks on entries and returns of the traced functions, in order of preference.
//     auto attached = tracer.attach_first(attach_methods(tracer, options, target, sites));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "funclat/sites.hpp"
#include "run/tracer.hpp"

#include <memory>
#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// The result keeps references to the first three arguments. Without sites, functions of programs get return probes.
// Throws Error (exit 3) if this system has none of the hooks.
std::vector<AttachMethod<funclat_bpf>> attach_methods(Tracer &tracer, const Options &options,
                                                      const FunctionTarget &target,
                                                      const std::shared_ptr<Sites> &sites);

} // namespace snoop::funclat

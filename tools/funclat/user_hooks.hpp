// SPDX-License-Identifier: BSD-2-Clause
// The hooks of funclat for functions of programs: uprobes at the instructions where calls begin and
// end. Unlike the kernel's return probes, they leave the stack of the program alone.
//     methods.push_back(sites_method(tracer, options, target, sites));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "funclat/sites.hpp"
#include "run/tracer.hpp"

#include <memory>
#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// They refer to tracer and target, and take functions that the kernel refuses out of sites.
std::vector<AttachMethod<funclat_bpf>> site_methods(const Tracer &tracer, const Options &options,
                                                    const FunctionTarget &target, const std::shared_ptr<Sites> &sites);

// Each link takes one or two descriptors.
void raise_descriptor_limit();

} // namespace snoop::funclat

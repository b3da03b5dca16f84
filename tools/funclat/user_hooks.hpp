// SPDX-License-Identifier: BSD-2-Clause
// The hooks of funclat for functions of programs: uprobes at the instructions where calls begin and
// end. Unlike the kernel's return probes, they leave the stack of the program alone.
//     methods.push_back(sites_method(tracer, options, target, sites));
#pragma once

#include "funclat/function_target.hpp"
#include "funclat/options.hpp"
#include "funclat/sites.hpp"
#include "run/tracer.hpp"

#include <cstddef>
#include <memory>
#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

// The most functions, or sites, that can have a link each: detaching a link takes a grace period of the
// kernel.
constexpr std::size_t most_singly = 512;

// They refer to tracer, options and target, measure what the probes cost, and take functions that the kernel refuses
// out of sites.
std::vector<AttachMethod<funclat_bpf>> site_methods(Tracer &tracer, const Options &options,
                                                    const FunctionTarget &target, const std::shared_ptr<Sites> &sites);

} // namespace snoop::funclat

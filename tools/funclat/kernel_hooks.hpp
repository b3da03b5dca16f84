// SPDX-License-Identifier: BSD-2-Clause
// The hooks of funclat for functions of the kernel, in order of preference.
//     std::vector<AttachMethod<Skel>> methods = one_function_methods({tracer, options, target});
#pragma once

#include "funclat/paired_hooks.hpp"

#include <vector>

namespace snoop::funclat {

// For one function, of which the kernel has no other with the same name. Throws Error (exit 3) if this system has
// none of the hooks.
std::vector<AttachMethod<Skel>> one_function_methods(Context context);

// For several, which may have the same name. Throws Error (exit 3) likewise.
std::vector<AttachMethod<Skel>> several_functions_methods(Context context);

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// The hooks of opensnoop: which kernel functions or tracepoints see an open, best first.
//     session.run<opensnoop_bpf>(sink, [&] { return attach_methods(session, options); });
#pragma once

#include "opensnoop/options.hpp"
#include "run/session.hpp"
#include "run/tracer.hpp"

#include <vector>

#include "opensnoop.skel.h"

namespace snoop::opensnoop {

// In order of preference, or only the one that --probe selects. The result keeps references to both arguments.
// Throws Error (exit 3) if this system lacks what --probe names.
std::vector<AttachMethod<opensnoop_bpf>> attach_methods(const Session &session, const Options &options);

} // namespace snoop::opensnoop

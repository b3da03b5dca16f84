// SPDX-License-Identifier: BSD-2-Clause
// Divides --path and --suffix between the programs of opensnoop and user space.
//     const OpenHooks<opensnoop_bpf> hooks{session.log(), options, wanted_paths(session, options)};
#pragma once

#include "opens/open_hooks.hpp"
#include "opensnoop/options.hpp"
#include "run/session.hpp"

namespace snoop::opensnoop {

// Says with -v where --path and --suffix are compared.
WantedPaths wanted_paths(const Session &session, const Options &options);

} // namespace snoop::opensnoop

// SPDX-License-Identifier: BSD-2-Clause
// The hooks of xdpcount: XDP for received packets, tc for sent ones.
//     Hooks hooks{tracer, options, interface, keys};
//     auto attached = tracer.attach_first(hooks.attach_methods());
#pragma once

#include "run/tracer.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/keys.hpp"
#include "xdpcount/options.hpp"

#include <string>
#include <vector>

#include "xdpcount.skel.h"

namespace snoop::xdpcount {

class Hooks {
public:
    // Keeps references to all four. Tells `keys` which mode is used.
    Hooks(const Tracer &tracer, const Options &options, const Interface &interface, Keys &keys)
        : tracer_(tracer), options_(options), interface_(interface), keys_(keys)
    {}

    // In order of preference; only one if --mode selects it.
    std::vector<AttachMethod<xdpcount_bpf>> attach_methods();

private:
    std::vector<Link> attach(xdpcount_bpf &skel, Mode mode);

    const Tracer &tracer_;
    const Options &options_;
    const Interface &interface_;
    Keys &keys_;
    std::string refused_; // why the previous mode failed
};

} // namespace snoop::xdpcount

// SPDX-License-Identifier: BSD-2-Clause
// The hooks of xdpcount: XDP for received packets, tc for sent ones.
//     Hooks hooks{tracer, options, interfaces};
//     auto attached = tracer.attach_first(hooks.attach_methods());
#pragma once

#include "run/tracer.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/options.hpp"

#include <string>
#include <vector>

#include "xdpcount.skel.h"

namespace snoop::xdpcount {

class Hooks {
public:
    // Keeps references to all three. Sets the mode of each interface.
    Hooks(Tracer &tracer, const Options &options, Interfaces &interfaces)
        : tracer_(tracer), options_(options), interfaces_(interfaces)
    {}

    // In order of preference. XDP is one method, with a mode for each interface.
    std::vector<AttachMethod<xdpcount_bpf>> attach_methods();

private:
    std::vector<Link> attach(xdpcount_bpf &skel, const std::vector<Mode> &modes);
    Link attach_to(xdpcount_bpf &skel, Interface &interface, const std::vector<Mode> &modes);

    Tracer &tracer_;
    const Options &options_;
    Interfaces &interfaces_;
    std::string refused_; // why the previous method failed
};

} // namespace snoop::xdpcount

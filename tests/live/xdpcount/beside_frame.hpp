// SPDX-License-Identifier: BSD-2-Clause
// Gives frames a VLAN tag that is not in their bytes, as the driver of a card does that removes tags.
//     push_tags(net->far, BPF_TC_EGRESS);               // frames arrive at near0 with tag 7
//     push_tags(net->near, BPF_TC_INGRESS, index);      // they go out again at the interface, with tag 7
#pragma once

#include "net.hpp"

#include <bpf/libbpf.h>

namespace snoop::test {

// Adds a tc program to an interface that has no clsact yet. 0: frames go on as they would.
void push_tags(const NetEnd &end, bpf_tc_attach_point where, int out_at = 0);

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Names of capabilities, as capabilities(7) lists them.
//     capability_name(13);   // "cap_net_raw"
#pragma once

#include <string>

namespace snoop {

// "cap_63" for a number without a name.
std::string capability_name(unsigned number);

} // namespace snoop

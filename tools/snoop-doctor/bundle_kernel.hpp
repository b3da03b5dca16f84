// SPDX-License-Identifier: BSD-2-Clause
// The facts about the kernel that a bug report needs: release, build options, sysctls.
//     put_kernel(json.begin_object());
#pragma once

#include "base/json.hpp"

namespace snoop {

// Each adds a member to an object that has been begun.
void put_kernel(JsonWriter &json);
void put_sysctls(JsonWriter &json);

} // namespace snoop

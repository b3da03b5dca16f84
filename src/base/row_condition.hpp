// SPDX-License-Identifier: BSD-2-Clause
// A condition on a value of a row, as --when takes it: KEY, KEY=VALUE or KEY!=VALUE, where KEY is one of JSON.
//     parse_row_condition("--when", "exit!=0").holds("1");
#pragma once

#include <string>
#include <string_view>

namespace snoop {

struct RowCondition {
    enum class Kind { is_set, equals, differs };
    std::string key;
    Kind kind = Kind::is_set;
    std::string value{};

    // Whether it holds for this value in JSON. For null and false, none does.
    [[nodiscard]] bool holds(std::string_view json) const;
};

// The words exit, killed and failed stand for the keys exit_code, signal and errno. Throws Error (exit 2) if there is
// no key.
RowCondition parse_row_condition(std::string_view option, std::string_view text);

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// Environments of programs, as the kernel holds them: NAME=VALUE, each with its NUL.
//     variable(env, "PATH");           // "/usr/bin:/bin"
//     EnvDiff::between(before, after); // names of variables that an exec changed
#pragma once

#include "table/columns.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::execsnoop {

// The value of a variable, as getenv(3) finds it: of several, the first.
std::optional<std::string_view> variable(std::string_view env, std::string_view name);

// The names in a value of --env: "PATH,LD_PRELOAD". Throws Error (exit 2).
std::vector<std::string> parse_names(std::string_view option, std::string_view text);

// Some variables of an environment. JSON: an object, with null for those that are not set.
struct Variables {
    std::string_view env;
    std::span<const std::string> names;
};
void put_json(JsonWriter &json, const Variables &variables);
constexpr JsonType json_type_of(std::type_identity<Variables>) { return json_object; }

// The names of variables that differ. Views into the two environments.
struct EnvDiff {
    std::vector<std::string_view> added, removed, changed;

    static EnvDiff between(std::string_view before, std::string_view after);
    static const Columns<EnvDiff> &columns();
};
inline void put_json(JsonWriter &json, const EnvDiff &diff) { snoop::put_json(json, diff); }
constexpr JsonType json_type_of(std::type_identity<EnvDiff>)
{
    return snoop::json_type_of(std::type_identity<EnvDiff>{});
}
// "+ADDED,~CHANGED,-REMOVED", "none" without a difference.
void put_text(Buffer &out, const EnvDiff &diff, Spaces spaces);

} // namespace snoop::execsnoop

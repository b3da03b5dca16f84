// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/environment.hpp"
#include "base/error.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <map>

namespace snoop::execsnoop {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// The variables by name, each with the value that getenv(3) finds. Strings without '=' are variables without value.
std::map<std::string_view, std::string_view> variables_of(std::string_view env)
{
    std::map<std::string_view, std::string_view> all;

    while (!env.empty()) {
        const std::string_view entry = take_string(env);
        const std::size_t at = entry.find('=');
        all.emplace(entry.substr(0, at), at == npos ? std::string_view{} : entry.substr(at + 1));
    }
    return all;
}

// A JSON key is written as it is.
bool may_be_name(std::string_view name)
{
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '=' && c != '"' && c != '\\'; });
}

} // namespace

std::optional<std::string_view> variable(std::string_view env, std::string_view name)
{
    while (!env.empty()) {
        const std::string_view entry = take_string(env);
        if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
            return entry.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::vector<std::string> parse_names(std::string_view option, std::string_view text)
{
    std::vector<std::string> names;

    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view name = text.substr(at, end - at);
        if (!may_be_name(name))
            throw Error{exit_usage, "{}: invalid name '{}': give names of variables, such as PATH,LD_PRELOAD", option,
                        name};
        names.emplace_back(name);
        at = end + 1;
    }
    return names;
}

void put_json(JsonWriter &json, const Variables &variables)
{
    json.begin_object();
    for (const std::string &name : variables.names)
        json.key(name).value(variable(variables.env, name));
    json.end_object();
}

EnvDiff EnvDiff::between(std::string_view before, std::string_view after)
{
    const auto old = variables_of(before), now = variables_of(after);
    EnvDiff diff;

    for (const auto &[name, value] : now) {
        const auto was = old.find(name);
        if (was == old.end())
            diff.added.push_back(name);
        else if (was->second != value)
            diff.changed.push_back(name);
    }
    for (const auto &[name, value] : old)
        if (!now.contains(name))
            diff.removed.push_back(name);
    return diff;
}

const Columns<EnvDiff> &EnvDiff::columns()
{
    static const Columns<EnvDiff> list{
        {json_only<EnvDiff>("added", "Names of variables that are new.", [](const EnvDiff &d) { return d.added; }),
         json_only<EnvDiff>("removed", "Names of variables that are no longer set.",
                            [](const EnvDiff &d) { return d.removed; }),
         json_only<EnvDiff>("changed", "Names of variables that have another value.",
                            [](const EnvDiff &d) { return d.changed; })}};
    return list;
}

void put_text(Buffer &out, const EnvDiff &diff, Spaces spaces)
{
    bool is_first = true;
    const auto put = [&](char mark, const std::vector<std::string_view> &names) {
        for (const std::string_view name : names) {
            if (!is_first)
                out.push_back(',');
            is_first = false;
            out.push_back(mark);
            append_escaped(out, name, spaces);
        }
    };

    put('+', diff.added);
    put('~', diff.changed);
    put('-', diff.removed);
    if (is_first)
        append(out, "none");
}

} // namespace snoop::execsnoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/attributes.hpp"
#include "snoop-export/log_record.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace snoop::snoop_export {
namespace {

using nlohmann::json;

constexpr int deepest = 16; // arrays and objects inside each other

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> conventions{{
    {"comm", "thread.name"},
    {"container_id", "container.id"},
    {"container_name", "container.name"},
    {"cwd", "process.working_directory"},
    {"errno", "error.type"},
    {"euid", "process.user.id"},
    {"exit_code", "process.exit.code"},
    {"image", "container.image.name"},
    {"ino", "file.inode"},
    {"ns_pid", "process.vpid"},
    {"pid", "process.pid"},
    {"pod_name", "k8s.pod.name"},
    {"pod_namespace", "k8s.namespace.name"},
    {"pod_uid", "k8s.pod.uid"},
    {"ppid", "process.parent_pid"},
    {"process", "process.executable.name"},
    {"runtime", "container.runtime.name"},
    {"tid", "thread.id"},
    {"uid", "process.real_user.id"},
    {"user", "process.owner"},
}};

// An AnyValue. 64-bit integers are strings in the JSON of proto3; what exceeds a signed one is text.
void put_value(JsonWriter &to, const json &value, int depth = 0);

void put_members(JsonWriter &to, const json &object, int depth)
{
    for (const auto &[key, member] : object.items())
        if (!member.is_null()) {
            to.begin_object().key("key").value(key).key("value");
            put_value(to, member, depth);
            to.end_object();
        }
}

void put_list(JsonWriter &to, const json &value, int depth)
{
    if (depth == deepest)
        throw InvalidRow{fmt::format("more than {} arrays and objects inside each other", deepest)};
    to.key(value.is_array() ? "arrayValue" : "kvlistValue").begin_object().key("values").begin_array();
    if (value.is_array())
        for (const json &element : value)
            put_value(to, element, depth + 1);
    else
        put_members(to, value, depth + 1);
    to.end_array().end_object();
}

void put_value(JsonWriter &to, const json &value, int depth)
{
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

    to.begin_object();
    if (const auto *text = value.get_ptr<const std::string *>())
        to.key("stringValue").value(std::string_view{*text});
    else if (value.is_boolean())
        to.key("boolValue").value(value.get<bool>());
    else if (value.is_number_unsigned())
        to.key(value.get<std::uint64_t>() > most ? "stringValue" : "intValue")
            .value(std::string_view{fmt::format_int{value.get<std::uint64_t>()}.c_str()});
    else if (value.is_number_integer())
        to.key("intValue").value(std::string_view{fmt::format_int{value.get<std::int64_t>()}.c_str()});
    else if (value.is_number_float())
        to.key("doubleValue").exact(value.get<double>());
    else if (value.is_structured())
        put_list(to, value, depth);
    to.end_object();
}

void put_attribute(JsonWriter &to, std::string_view name, const json &value)
{
    to.begin_object().key("key").value(name).key("value");
    put_value(to, value);
    to.end_object();
}

std::string name_of(std::string_view key)
{
    const auto found =
        std::ranges::lower_bound(conventions, key, {}, &std::pair<std::string_view, std::string_view>::first);

    return found != conventions.end() && found->first == key ? std::string{found->second}
                                                             : fmt::format("snoop.{}", key);
}

// Writes a key that needs more than another name. Returns false for any other key.
bool put_special(JsonWriter &to, const json &row, const std::string &key, const json &value)
{
    const bool is_exec = text_at(row, "event") == "exec";

    if (key == "cgroup" && value.is_string())
        put_text(to, "process.linux.cgroup", "0::" + value.get<std::string>()); // as in /proc/PID/cgroup
    else if (key == "ino" && value.is_number_unsigned())
        put_text(to, "file.inode", fmt::format_int{value.get<std::uint64_t>()}.c_str());
    else if (key == "pod_uid" && text_at(row, "runtime") == "podman") // which has pods of its own
        put_attribute(to, "snoop.pod_uid", value);
    else if (key == "env" && is_exec && value.is_object())
        for (const auto &[name, text] : value.items()) {
            if (!text.is_null())
                put_attribute(to, "process.environment_variable." + name, text);
        }
    else
        return false;
    return true;
}

void put_file(JsonWriter &to, const RowFile &file)
{
    if (!file.is_executed)
        return put_text(to, "file.path", file.path);
    put_text(to, "process.executable.path", file.path);
    put_text(to, "process.executable.name", file.path.substr(file.path.rfind('/') + 1));
}

} // namespace

void put_text(JsonWriter &json, std::string_view name, std::string_view text)
{
    json.begin_object().key("key").value(name).key("value").begin_object().key("stringValue").value(text);
    json.end_object().end_object();
}

std::string_view text_at(const json &row, const char *key)
{
    const auto found = row.find(key);
    const auto *text = found == row.end() ? nullptr : found->get_ptr<const std::string *>();

    return text == nullptr ? std::string_view{} : *text;
}

RowFile file_of(const nlohmann::json &row)
{
    const bool is_exec = text_at(row, "event") == "exec";
    const bool is_executed = is_exec && text_at(row, "errno").empty();

    // If the file is a script, its interpreter is the program that runs.
    for (const char *key : is_exec ? std::array{"interp", "resolved", "filename"} : std::array{"", "resolved", "path"})
        if (const std::string_view path = text_at(row, key); !path.empty())
            return {key, path, is_executed};
    return {};
}

void put_attributes(JsonWriter &json, const nlohmann::json &row, bool with_args)
{
    const RowFile file = file_of(row);
    const bool is_exec = text_at(row, "event") == "exec";

    if (!file.path.empty())
        put_file(json, file);
    for (const auto &[key, value] : row.items()) {
        if (value.is_null() || key == "event" || key == "time" || key == file.key)
            continue;
        if (key == "args" && is_exec) {
            if (with_args)
                put_attribute(json, "process.command_args", value);
        } else if (key == "process" && file.is_executed) {
            put_attribute(json, "snoop.process", value);
        } else if (!put_special(json, row, key, value)) {
            put_attribute(json, name_of(key), value);
        }
    }
}

} // namespace snoop::snoop_export

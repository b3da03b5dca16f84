// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace snoop::snoop_export {
namespace {

constexpr int deepest = 16; // arrays and objects inside each other

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> conventions{{
    {"comm", "thread.name"},
    {"container_id", "container.id"},
    {"container_name", "container.name"},
    {"cwd", "process.working_directory"},
    {"errno", "error.type"},
    {"euid", "process.user.id"},
    {"exit_code", "process.exit.code"},
    {"function", "code.function.name"},
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
void put_value(JsonWriter &to, const Value &value, int depth = 0);

void check_depth(int depth)
{
    if (depth > deepest)
        throw InvalidRow{fmt::format("more than {} arrays and objects inside each other", deepest)};
}

void put_number(JsonWriter &to, const char *key, auto number)
{
    to.key(key).value(std::string_view{fmt::format_int{number}.c_str()});
}

void put_array(JsonWriter &to, const simdjson::dom::array &values, int depth)
{
    check_depth(depth);
    to.key("arrayValue").begin_object().key("values").begin_array();
    for (const Value value : values)
        put_value(to, value, depth);
    to.end_array().end_object();
}

void put_members(JsonWriter &to, const Row &object, int depth)
{
    check_depth(depth);
    to.key("kvlistValue").begin_object().key("values").begin_array();
    for (const auto &[key, member] : object)
        if (!member.is_null()) {
            to.begin_object().key("key").value(key).key("value");
            put_value(to, member, depth);
            to.end_object();
        }
    to.end_array().end_object();
}

void put_value(JsonWriter &to, const Value &value, int depth)
{
    using Type = simdjson::dom::element_type;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

    to.begin_object();
    switch (value.type()) {
    case Type::STRING: to.key("stringValue").value(std::string_view{value}); break;
    case Type::BOOL: to.key("boolValue").value(bool{value}); break;
    case Type::UINT64:
        put_number(to, std::uint64_t{value} > most ? "stringValue" : "intValue", std::uint64_t{value});
        break;
    case Type::INT64: put_number(to, "intValue", std::int64_t{value}); break;
    case Type::DOUBLE: to.key("doubleValue").exact(double{value}); break;
    case Type::ARRAY: put_array(to, simdjson::dom::array{value}, depth + 1); break;
    case Type::OBJECT: put_members(to, Row{value}, depth + 1); break;
    default: break; // null; simdjson 4 has BIGINT, which its parser returns only if it is asked to
    }
    to.end_object();
}

void put_attribute(JsonWriter &to, std::string_view name, const Value &value)
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
bool put_special(JsonWriter &to, const Row &row, std::string_view key, const Value &value)
{
    if (key == "cgroup" && value.is_string())
        put_text(to, "process.linux.cgroup", "0::" + std::string{std::string_view{value}}); // as in /proc/PID/cgroup
    else if (key == "ino" && value.is_uint64())
        put_text(to, "file.inode", fmt::format_int{std::uint64_t{value}}.c_str());
    else if (key == "pod_uid" && text_at(row, "runtime") == "podman") // which has pods of its own
        put_attribute(to, "snoop.pod_uid", value);
    else if (key == "env" && value.is_object() && text_at(row, "event") == "exec")
        for (const auto &[name, text] : Row{value}) {
            if (!text.is_null())
                put_attribute(to, fmt::format("process.environment_variable.{}", name), text);
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

RowFile file_of(const Row &row)
{
    const bool is_exec = text_at(row, "event") == "exec";
    const bool is_executed = is_exec && text_at(row, "errno").empty();

    // If the file is a script, its interpreter is the program that runs.
    for (const char *key : is_exec ? std::array{"interp", "resolved", "filename"} : std::array{"", "resolved", "path"})
        if (const std::string_view path = text_at(row, key); !path.empty())
            return {key, path, is_executed};
    return {};
}

void put_attributes(JsonWriter &json, const Row &row, bool with_args)
{
    const RowFile file = file_of(row);
    const bool is_exec = text_at(row, "event") == "exec";

    if (!file.path.empty())
        put_file(json, file);
    for (const auto &[key, value] : row) {
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

// SPDX-License-Identifier: BSD-2-Clause
#include "execcount/keys.hpp"
#include "base/error.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>

namespace snoop::execcount {
namespace {

count_key key_of(std::string_view bytes)
{
    count_key key{};
    std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
    return key;
}

std::string path_of(const count_key &key)
{
    const std::string_view path = text_of(key.file.path);

    if (key.file.is_unread)
        return "<fault>";
    if (path.empty())
        return R"("")";
    const std::string place = key.file.place == SNOOP_PLACE_UNREACHABLE ? "(unreachable)"
                              : key.file.place == SNOOP_PLACE_ELSEWHERE ? fmt::format("mnt:[{}]", key.file.mnt_ns)
                                                                        : "";
    return fmt::format("{}{}{}", place, key.file.is_cut ? "..." : "", path);
}

int ret(const count_key &key) { return static_cast<int>(static_cast<std::int64_t>(key.id)); }

std::optional<std::string> errno_of(const count_key &key)
{
    return ret(key) < 0 ? std::optional{errno_name(-ret(key))} : std::nullopt;
}

std::string_view name_of(count_by by)
{
    static constexpr std::array<std::string_view, COUNT_BYS> names{"uid", "comm",      "path", "parent", "cgroup",
                                                                   "ret", "container", "unit", "exe",    "ancestor"};
    return names[by];
}

struct KeyValues {
    std::string_view by;
    std::string key;
    std::optional<std::uint64_t> uid;
    std::optional<std::string> user, error;
    std::optional<std::uint64_t> cgroup_id;
    std::optional<std::string_view> runtime, container_id, unit;
};

const Columns<KeyValues> &columns()
{
    using K = KeyValues;
    static const Columns<K> all{
        {json_only<K>("by", "Kind of key: uid, comm, path, exe, parent, ancestor, cgroup, container, unit or ret.",
                      [](const K &k) { return k.by; }),
         json_only<K>("key", "The key as text; other for the sum of all keys that did not fit.",
                      [](const K &k) { return std::string_view{k.key}; }),
         json_only<K>("uid", "User ID when counting by uid; otherwise null.", [](const K &k) { return k.uid; }),
         json_only<K>("user", "Name of that user; null if there is none.", [](const K &k) { return k.user; }),
         json_only<K>("errno",
                      "Name of the error when counting by ret; null for a success, or when counting by another key.",
                      [](const K &k) { return k.error; }),
         json_only<K>("cgroup_id", "ID of the cgroup when counting by cgroup; otherwise null.",
                      [](const K &k) { return k.cgroup_id; }),
         json_only<K>("runtime", "Container runtime when counting by container; null outside of a container.",
                      [](const K &k) { return k.runtime; }),
         json_only<K>("container_id", "Container ID, likewise.", [](const K &k) { return k.container_id; }),
         json_only<K>("unit", "Unit of systemd when counting by unit; null outside of one.",
                      [](const K &k) { return k.unit; })}};
    return all;
}

} // namespace

std::vector<JsonKey> key_columns() { return columns().keys(); }

std::uint32_t key_bytes(count_by by)
{
    switch (by) {
    case COUNT_BY_COMM:
    case COUNT_BY_PARENT:
    case COUNT_BY_ANCESTOR: return SNOOP_COMM_LEN;
    case COUNT_BY_PATH:
    case COUNT_BY_EXE: return sizeof(count_key);
    default: return sizeof(count_key::id);
    }
}

std::vector<std::string_view> Keys::titles() const
{
    static constexpr std::array<std::array<std::string_view, 2>, COUNT_BYS> all{{{"UID", "USER"},
                                                                                 {"COMM", ""},
                                                                                 {"PATH", ""},
                                                                                 {"PARENT", ""},
                                                                                 {"CGROUP", ""},
                                                                                 {"RET", "ERRNO"},
                                                                                 {"CONTAINER", ""},
                                                                                 {"UNIT", ""},
                                                                                 {"EXE", ""},
                                                                                 {"ANCESTOR", ""}}};
    const auto &titles = all[by_];
    return {titles.begin(), titles.begin() + (titles[1].empty() ? 1 : 2)};
}

void Keys::read_cgroups_from(bpf_object *object)
{
    cgroups_.read_from(object, nullptr, CgroupNames::Keep::all);
    places_.read_from(object);
}

// With a redactor the table has redacted keys, so that those that look the same are one.
std::optional<std::string> Keys::group(std::string_view bytes)
{
    count_key key = key_of(bytes);

    if (counts_places())
        return shown(places_.of(key.id));
    if (by_ == COUNT_BY_PATH || by_ == COUNT_BY_EXE) {
        const std::string path = shown(text_of(key.file.path));
        std::ranges::fill(key.file.path, '\0');
        std::ranges::copy(std::string_view{path}.substr(0, COUNT_NAME_MAX - 1), key.file.path);
    } else if (redactor_ && key_bytes(by_) == SNOOP_COMM_LEN) {
        redactor_->name(key.comm);
    }
    return std::string{reinterpret_cast<const char *>(&key), key_bytes(by_)};
}

std::vector<std::string> Keys::cells(std::string_view bytes)
{
    const count_key key = key_of(bytes);

    if (counts_places())
        return {by_ == COUNT_BY_CONTAINER ? short_container_name(bytes) : std::string{bytes}};
    switch (by_) {
    case COUNT_BY_UID: return {std::to_string(key.id), user(key).value_or("-")};
    case COUNT_BY_RET: return {std::to_string(ret(key)), errno_of(key).value_or("-")};
    case COUNT_BY_CGROUP: return {cgroup(key.id)};
    case COUNT_BY_PATH:
    case COUNT_BY_EXE: return {path_of(key)};
    default: return {std::string{text_of(key.comm)}};
    }
}

void Keys::put_json(JsonWriter &json, std::string_view bytes)
{
    const count_key key = key_of(bytes);
    const bool is_key = !bytes.empty(); // an empty key stands for all keys that did not fit
    const bool is_user = by_ == COUNT_BY_UID && is_key;
    const auto only_if = [&](bool condition, std::uint64_t id) { return condition ? std::optional{id} : std::nullopt; };
    const auto container = by_ == COUNT_BY_CONTAINER ? container_of(bytes) : std::nullopt;
    columns().put_members(json, {name_of(by_), is_key ? text_of_key(bytes) : "other", only_if(is_user, key.id),
                                 is_user ? user(key) : std::nullopt,
                                 by_ == COUNT_BY_RET && is_key ? errno_of(key) : std::nullopt,
                                 only_if(by_ == COUNT_BY_CGROUP && is_key, key.id),
                                 container ? std::optional{container->runtime} : std::nullopt,
                                 container ? std::optional{container->id} : std::nullopt,
                                 by_ == COUNT_BY_UNIT ? unit_of(bytes) : std::nullopt});
}

void check_label(count_by by, const MetricsOptions &metrics)
{
    if (metrics.is_on() && (by == COUNT_BY_PATH || by == COUNT_BY_EXE || by == COUNT_BY_CGROUP))
        throw Error{exit_usage,
                    "{}: a path cannot be a label: give --by uid, comm, parent, ancestor, container, unit or ret",
                    metrics.option()};
}

MetricLabels Keys::labels(std::string_view bytes)
{
    const std::string name = by_ == COUNT_BY_RET ? "errno" : std::string{name_of(by_)};
    const count_key key = key_of(bytes);

    if (bytes.empty())
        return {{name, other_label}};
    if (by_ == COUNT_BY_RET)
        return {{name, errno_of(key).value_or("OK")}};
    return {{name, text_of_key(bytes)}};
}

std::string Keys::text_of_key(std::string_view bytes) { return counts_places() ? std::string{bytes} : cells(bytes)[0]; }

std::string Keys::cgroup(std::uint64_t id)
{
    const auto path = cgroups_.find(id);

    return path ? shown(*path) : fmt::format("cgroup:{}", id);
}

std::string Keys::shown(std::string_view text) const { return redactor_ ? redactor_->text(text) : std::string{text}; }

std::optional<std::string> Keys::user(const count_key &key)
{
    const auto name = users_.find(static_cast<std::uint32_t>(key.id));

    return name ? std::optional{shown(*name)} : std::nullopt;
}

} // namespace snoop::execcount

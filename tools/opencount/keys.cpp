// SPDX-License-Identifier: BSD-2-Clause
#include "opencount/keys.hpp"
#include "base/error.hpp"
#include "table/columns.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace snoop::opencount {
namespace {

constexpr std::string_view success = "OK";

struct Names {
    std::string_view by, title, second_title;
};

constexpr std::array<Names, OPEN_BYS> names_of_keys{{{"path", "PATH", ""},
                                                     {"dir", "DIR", ""},
                                                     {"suffix", "SUFFIX", ""},
                                                     {"comm", "COMM", ""},
                                                     {"process", "PROCESS", ""},
                                                     {"user", "UID", "USER"},
                                                     {"errno", "ERRNO", ""},
                                                     {"container", "CONTAINER", ""},
                                                     {"unit", "UNIT", ""}}};

struct KeyValues {
    std::string_view by, key;
    std::optional<std::uint64_t> uid;
    std::optional<std::string> user;
    std::optional<std::string_view> error, runtime, container_id, unit;
};

const Columns<KeyValues> &columns()
{
    using K = KeyValues;
    static const Columns<K> all{
        {json_only<K>("by", "Kind of key: path, dir, suffix, comm, process, user, errno, container or unit.",
                      [](const K &k) { return k.by; }),
         json_only<K>("key", "The key as text; other for the sum of all keys that did not fit.",
                      [](const K &k) { return k.key; }),
         json_only<K>("uid", "User ID when counting by user; otherwise null.", [](const K &k) { return k.uid; }),
         json_only<K>("user", "Name of that user; null if there is none.", [](const K &k) { return k.user; }),
         json_only<K>("errno",
                      "Name of the error when counting by errno; null for a success, or when counting by another key.",
                      [](const K &k) { return k.error; }),
         json_only<K>("runtime", "Container runtime when counting by container; null outside of a container.",
                      [](const K &k) { return k.runtime; }),
         json_only<K>("container_id", "Container ID, likewise.", [](const K &k) { return k.container_id; }),
         json_only<K>("unit", "Unit of systemd when counting by unit; null outside of one.",
                      [](const K &k) { return k.unit; })}};
    return all;
}

open_key key_of(std::string_view bytes)
{
    open_key key{};

    std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
    return key;
}

} // namespace

std::vector<JsonKey> key_columns() { return columns().keys(); }

Keys::Keys(open_by by, OpenNames *names, const Redactor *redactor)
    : by_(by),
      names_(names),
      redactor_(redactor),
      cgroups_(by == OPEN_BY_UNIT ? CgroupGroups::By::unit : CgroupGroups::By::container)
{}

std::vector<std::string_view> Keys::titles() const
{
    const Names &names = names_of_keys[by_];

    return names.second_title.empty() ? std::vector{names.title} : std::vector{names.title, names.second_title};
}

std::optional<std::string> Keys::group(std::string_view bytes)
{
    const open_key key = key_of(bytes);

    switch (by_) {
    case OPEN_BY_COMM:
    case OPEN_BY_PROCESS: {
        const std::string_view comm = text_of(key.comm);
        return comm.empty() ? R"("")" : shown(comm);
    }
    case OPEN_BY_USER: return std::to_string(key.id);
    case OPEN_BY_ERRNO: return key.id ? errno_name(static_cast<int>(key.id)) : std::string{success};
    case OPEN_BY_CONTAINER:
    case OPEN_BY_UNIT: return shown(cgroups_.of(key.id));
    default: return names_->take(bytes);
    }
}

std::vector<std::string> Keys::cells(std::string_view key)
{
    if (by_ == OPEN_BY_USER)
        return {std::string{key}, user(key).value_or("-")};
    return {by_ == OPEN_BY_CONTAINER ? short_container_name(key) : std::string{key}};
}

void Keys::put_json(JsonWriter &json, std::string_view key)
{
    KeyValues values{names_of_keys[by_].by, key.empty() ? "other" : key, {}, {}, {}, {}, {}, {}};
    std::uint64_t uid = 0;

    if (by_ == OPEN_BY_USER && !key.empty()) {
        std::from_chars(key.data(), key.data() + key.size(), uid);
        values.uid = uid;
        values.user = user(key);
    }
    if (by_ == OPEN_BY_ERRNO && !key.empty() && key != success)
        values.error = key;
    if (by_ == OPEN_BY_UNIT)
        values.unit = unit_of(key);
    const auto container = by_ == OPEN_BY_CONTAINER ? container_of(key) : std::nullopt;
    if (container) {
        values.runtime = container->runtime;
        values.container_id = container->id;
    }
    columns().put_members(json, values);
}

void check_label(open_by by, const MetricsOptions &metrics)
{
    if (metrics.is_on() && by <= OPEN_BY_SUFFIX)
        throw Error{exit_usage, "{}: a path cannot be a label: give --by comm, process, user, errno, container or unit",
                    metrics.option()};
}

MetricLabels Keys::labels(std::string_view key)
{
    const std::string_view name = by_ == OPEN_BY_USER ? "uid" : names_of_keys[by_].by;

    return {{std::string{name}, key.empty() ? other_label : std::string{key}}};
}

std::string Keys::shown(std::string_view text) const { return redactor_ ? redactor_->text(text) : std::string{text}; }

std::optional<std::string> Keys::user(std::string_view key)
{
    std::uint32_t uid = 0;

    std::from_chars(key.data(), key.data() + key.size(), uid);
    const auto name = users_.find(uid);
    return name ? std::optional{shown(*name)} : std::nullopt;
}

} // namespace snoop::opencount

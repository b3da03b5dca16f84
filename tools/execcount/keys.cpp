// SPDX-License-Identifier: BSD-2-Clause
#include "execcount/keys.hpp"
#include "base/error.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace snoop::execcount {
namespace {

count_key key_of(std::string_view bytes)
{
    count_key key{};
    std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
    return key;
}

int ret(const count_key &key) { return static_cast<int>(static_cast<std::int64_t>(key.id)); }

std::optional<std::string> errno_of(const count_key &key)
{
    return ret(key) < 0 ? std::optional{errno_name(-ret(key))} : std::nullopt;
}

} // namespace

std::uint32_t key_bytes(count_by by)
{
    switch (by) {
    case COUNT_BY_COMM:
    case COUNT_BY_PARENT: return SNOOP_COMM_LEN;
    case COUNT_BY_PATH: return sizeof(count_key);
    default: return sizeof(count_key::id);
    }
}

std::vector<std::string_view> Keys::titles() const
{
    static constexpr std::array<std::array<std::string_view, 2>, COUNT_BYS> all{
        {{"UID", "USER"}, {"COMM", ""}, {"PATH", ""}, {"PARENT", ""}, {"CGROUP", ""}, {"RET", "ERRNO"}}};
    const auto &titles = all[by_];
    return {titles.begin(), titles.begin() + (titles[1].empty() ? 1 : 2)};
}

std::vector<std::string> Keys::cells(std::string_view bytes)
{
    const count_key key = key_of(bytes);

    switch (by_) {
    case COUNT_BY_UID: return {std::to_string(key.id), std::string{user(key).value_or("-")}};
    case COUNT_BY_RET: return {std::to_string(ret(key)), errno_of(key).value_or("-")};
    case COUNT_BY_CGROUP: return {cgroups_.path_of(key.id)};
    case COUNT_BY_PATH:
        if (key.file.path[0] == '\0')
            return {"<fault>"};
        return {(key.file.is_cut ? "..." : "") + std::string{text_of(key.file.path)}};
    default: return {std::string{text_of(key.comm)}};
    }
}

void Keys::put_json(JsonWriter &json, std::string_view bytes)
{
    static constexpr std::array<std::string_view, COUNT_BYS> names{"uid", "comm", "path", "parent", "cgroup", "ret"};
    const count_key key = key_of(bytes);
    const bool is_key = !bytes.empty(); // an empty key is that of all others
    const bool is_user = by_ == COUNT_BY_UID && is_key;
    json.key("by").value(names[by_]).key("key");
    json.value(is_key ? std::string_view{cells(bytes)[0]} : "other");
    json.key("uid").value(is_user ? std::optional{key.id} : std::nullopt);
    json.key("user").value(is_user ? user(key) : std::nullopt);
    json.key("errno").value(by_ == COUNT_BY_RET && is_key ? errno_of(key) : std::nullopt);
    json.key("cgroup_id").value(by_ == COUNT_BY_CGROUP && is_key ? std::optional{key.id} : std::nullopt);
}

std::optional<std::string_view> Keys::user(const count_key &key)
{
    return users_.find(static_cast<std::uint32_t>(key.id));
}

} // namespace snoop::execcount

// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/who_columns.hpp"
#include "base/capabilities.hpp"
#include "execsnoop/environment.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::execsnoop {
namespace {

// This shows what an exec gained. JSON: ["setuid","setgid","cap_net_raw"]
struct Gain {
    const exec_who &who;
};

void put_json(JsonWriter &json, Gain gain)
{
    json.begin_array();
    if (gain.who.flags & WHO_SETUID)
        json.value("setuid");
    if (gain.who.flags & WHO_SETGID)
        json.value("setgid");
    for (unsigned n = 0; n < 64; n++)
        if (gain.who.gained >> n & 1)
            json.value(capability_name(n));
    json.end_array();
}
constexpr JsonType json_type_of(std::type_identity<Gain>) { return json_type<std::vector<std::string_view>>; }

// "pts0" of the kernel is /dev/pts/0.
std::optional<std::string> terminal(const exec_who &who)
{
    std::string name{text_of(who.tty)};

    if (name.empty())
        return std::nullopt;
    if (name.starts_with("pts") && name.size() > 3 && name[3] >= '0' && name[3] <= '9')
        name.insert(3, 1, '/');
    return name;
}

std::optional<bool> exe_is(const Row &r, unsigned flag)
{
    return r.event->exe_dev ? std::optional{(r.event->who.flags & flag) != 0} : std::nullopt;
}

} // namespace

void add_who_columns(std::vector<Column<Row>> &columns)
{
    const auto add = [&](auto... more) { (columns.push_back(std::move(more)), ...); };

    add(json_only<Row>("tty", "Terminal of the process, below /dev, such as pts/0; null without one.",
                       [](const Row &r) { return terminal(r.event->who); }),
        json_only<Row>("euid", "Effective user id, after a successful exec the new one.",
                       [](const Row &r) { return r.event->who.euid; }),
        json_only<Row>("egid", "Effective group id, likewise.", [](const Row &r) { return r.event->who.egid; }),
        json_only<Row>(
            "user_ns",
            "Inode number of the user namespace of the process, in which its passwd may give the user "
            "another name; null if that is the tool's own.",
            [](const Row &r) { return r.event->who.user_ns ? std::optional{r.event->who.user_ns} : std::nullopt; }),
        json_only<Row>("ns_uid", "Real user id in that namespace; null if it has none there.",
                       [](const Row &r) { return id_of(r.event->who.ns_uid); }),
        json_only<Row>("privileges",
                       "What the exec gave the process that it did not have before: \"setuid\" and \"setgid\" if an "
                       "effective id changed, and the names of permitted capabilities; null for a failure, or if it "
                       "is not known.",
                       [](const Row &r) {
                           return r.event->who.flags & WHO_KNOWS_GAIN ? std::optional{Gain{r.event->who}}
                                                                      : std::nullopt;
                       }),
        json_only<Row>("memfd",
                       "Whether the program that runs is a file without a directory, such as one of memfd_create(2); "
                       "null for a failure.",
                       [](const Row &r) { return exe_is(r, WHO_EXE_MEMFD); }),
        json_only<Row>("deleted", "Whether the file of the program had been deleted, or replaced; null for a failure.",
                       [](const Row &r) { return exe_is(r, WHO_EXE_DELETED); }),
        json_only<Row>("upper",
                       "Whether the file of the program is in the upper layer of an overlay: added to the image of a "
                       "container, or changed; null if it is not on overlayfs.",
                       [](const Row &r) {
                           return r.event->who.flags & WHO_EXE_OVERLAY ? exe_is(r, WHO_EXE_UPPER) : std::nullopt;
                       }));
}

void add_environment_columns(std::vector<Column<Row>> &columns, const Options &options)
{
    if (!options.env.empty())
        columns.push_back(
            json_only<Row>("env",
                           "Variables of the new program's environment, null if they are not set; null "
                           "for a failure, or if the environment could not be read.",
                           [](const Row &r) {
                               return r.env ? std::optional{Variables{*r.env, r.env_names}} : std::nullopt;
                           })
                .only_with("--env"));
    if (options.env_diff)
        columns.push_back(Column<Row>{
            "ENV-DIFF", 20, Align::left, "env_diff",
            "Names of variables in which the environment differs from the one with which the caller was started; "
            "null for a failure, or if one of them could not be read.",
            [](const Row &r) {
                return r.env && r.env_before ? std::optional{EnvDiff::between(*r.env_before, *r.env)} : std::nullopt;
            }}.only_with("--env-diff"));
}

bool shows_who(const CommonOptions &common)
{
    constexpr std::array keys{"tty",   "euid",  "egid",    "user_ns", "ns_uid", "privileges",
                              "memfd", "upper", "deleted", "exe_dev", "exe_ino"};

    return std::ranges::any_of(keys, [&](const char *key) { return common.shows(key); });
}

} // namespace snoop::execsnoop

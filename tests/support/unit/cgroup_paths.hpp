// SPDX-License-Identifier: BSD-2-Clause
// For tests of parse_cgroup_path(): paths, and what they name.
//     expect_places({{.path = "/docker/" + id, .runtime = "docker", .container_id = id}});
#pragma once

#include "base/cgroup_path.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

inline void PrintTo(const CgroupPlace &place, std::ostream *out)
{
    const auto text = [](const auto &value) { return value ? std::string{*value} : std::string{"-"}; };
    *out << fmt::format("{} {} {} {} {}", text(place.runtime), text(place.container_id), text(place.pod_uid),
                        text(place.unit), text(place.slice));
}

namespace test {

inline const std::string id = "4f3a9c0e5b1d7a6284f3a9c0e5b1d7a6284f3a9c0e5b1d7a6284f3a9c0e5b1d7";
inline const std::string other = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
inline const std::string pod = "6e3a7d52-0c1b-4f7e-9a55-2b8f0d3c9e11";

using Text = std::optional<std::string>;

struct PathCase {
    std::string path;
    std::optional<std::string_view> runtime{};
    Text container_id{}, pod_uid{}, unit{}, slice{};
};

inline void expect_places(const std::vector<PathCase> &cases)
{
    for (const PathCase &c : cases)
        EXPECT_EQ(parse_cgroup_path(c.path), (CgroupPlace{c.runtime, c.container_id, c.pod_uid, c.unit, c.slice}))
            << c.path;
}

} // namespace test
} // namespace snoop

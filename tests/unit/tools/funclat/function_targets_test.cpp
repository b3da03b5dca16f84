// SPDX-License-Identifier: BSD-2-Clause
// Several arguments FUNCTION as one target.
#include "funclat/function_targets.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace snoop::funclat {
namespace {

using testing::ElementsAre;

FunctionTarget of_kernel(const std::vector<std::string> &names)
{
    FunctionTarget target{};

    target.text = "kernel";
    for (std::size_t i = 0; i < names.size(); i++) {
        target.names.push_back(names[i]);
        target.kernel.push_back({names[i], {names[i].size()}});
    }
    return target;
}

FunctionTarget of_file(const FileHandle &file, const std::string &binary, const std::vector<std::string> &names)
{
    FunctionTarget target{};

    target.text = binary;
    target.binary = binary;
    target.files.push_back(file);
    for (std::uint32_t i = 0; i < names.size(); i++) {
        target.names.push_back(names[i]);
        target.aliases.emplace_back();
        target.points.push_back({file.path(), -1, names[i].size(), i});
    }
    return target;
}

TEST(FunctionTargets, AreNumberedThrough)
{
    const FileHandle one = FileHandle::open("/proc/self/exe"), other = FileHandle::open("/bin/sh");
    FunctionTargets all;
    add_functions(all, of_kernel({"a", "bb"}));
    add_functions(all, of_file(one, "one", {"c", "dd"}));
    add_functions(all, of_file(other, "other", {"c"}));

    EXPECT_EQ(all.target.text, "kernel one other");
    EXPECT_THAT(all.target.names, ElementsAre("a", "bb", "c", "dd", "c"));
    EXPECT_THAT(all.binaries, ElementsAre("", "", "one", "one", "other"));
    ASSERT_EQ(all.target.points.size(), 3u);
    EXPECT_EQ(all.target.points[0].function, 2u);
    EXPECT_EQ(all.target.points[1].function, 3u);
    EXPECT_EQ(all.target.points[2].function, 4u);
}

TEST(FunctionTargets, AreThereOnce)
{
    FunctionTargets all;
    add_functions(all, of_kernel({"a", "bb"}));
    add_functions(all, of_kernel({"bb", "ccc"}));
    // Both handles are of the same file.
    add_functions(all, of_file(FileHandle::open("/bin/sh"), "sh", {"f", "gg"}));
    add_functions(all, of_file(FileHandle::open("/bin/sh"), "sh", {"gg", "hhh"}));

    EXPECT_THAT(all.target.names, ElementsAre("a", "bb", "ccc", "f", "gg", "hhh"));
    EXPECT_EQ(all.target.kernel.size(), 3u);
    ASSERT_EQ(all.target.points.size(), 3u);
    EXPECT_EQ(all.target.files.size(), 1u);
    for (const auto &point : all.target.points)
        EXPECT_EQ(point.file, all.target.files.front().path());
}

} // namespace
} // namespace snoop::funclat

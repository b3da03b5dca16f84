// SPDX-License-Identifier: BSD-2-Clause
// Programs that only started the job that was recorded.
#include "forest/launchers.hpp"
#include "unit/forest.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace snoop {
namespace {

using testing::ElementsAre;

std::string row(unsigned id, unsigned parent, std::string_view file)
{
    return fmt::format(R"({{"event":"exec","ts_ns":{0},"pid":{0},"tid":{0},"errno":null,"exec_id":"{0:016x}",)"
                       R"("parent_exec_id":"{1:016x}","filename":"/usr/bin/{2}"}})",
                       id, parent, file);
}

TEST(Launchers, AreToolsAndASudoAboveThem)
{
    const std::string sudo = row(1, 0, "sudo"), tool = row(2, 1, "opensnoop"), make = row(3, 2, "make");

    EXPECT_THAT(launchers_of(forest_of({sudo, tool, make})), ElementsAre(true, true, false));
}

TEST(Launchers, AreNotProgramsOfTheJob)
{
    const std::string make = row(1, 0, "make"), sudo = row(2, 1, "sudo"), cp = row(3, 2, "cp"),
                      tool = row(4, 1, "execsnoop");

    EXPECT_THAT(launchers_of(forest_of({make, sudo, cp, tool})), ElementsAre(false, false, false, true));
}

} // namespace
} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// Kernel functions, read from lists that the test writes.
#include "fixtures.hpp"

#include "base/error.hpp"
#include "symbols/kallsyms.hpp"

#include <gmock/gmock.h>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class KernelFunctionsTest : public testing::Test {
protected:
    test::TempDir dir;
    FunctionLists lists{dir.file("kallsyms", "ffffffff81000000 T vfs_read\n"
                                             "ffffffff81000040 t vfs_write\n"
                                             "ffffffff81000080 W vfs_weak\n"
                                             "ffffffff810000c0 t twice\n"
                                             "ffffffff81000100 t twice\n"
                                             "ffffffff81000140 T noprobe\n"
                                             "ffffffff81000180 T notrace\n"
                                             "ffffffff810001c0 t vfs_read.cold\n"
                                             "ffffffff81000200 t __pfx_vfs_read\n"
                                             "ffffffff81000000 T vfs_alias\n"
                                             "ffffffff82000000 D vfs_data\n"
                                             "ffffffffc0000000 t vfs_module\t[nfs]\n"
                                             "ffffffffc0001000 t vfs_prog\t[bpf]\n"
                                             "nonsense\n"),
                        dir.file("traceable", "vfs_read\nvfs_write\nvfs_weak\ntwice\nvfs_alias\nvfs_module [nfs]\n"),
                        dir.file("blacklist", "0xffffffff81000140-0xffffffff81000180\tnoprobe\n")};

    std::vector<std::string> names(const std::string &pattern) const
    {
        std::vector<std::string> all;
        for (const auto &function : KernelFunctions{lists}.match(pattern))
            all.push_back(function.name);
        return all;
    }
    template <class Body> static std::pair<int, std::string> error_of(Body body)
    {
        try {
            body();
        } catch (const Error &error) {
            return {error.code(), error.what()};
        }
        return {0, ""};
    }
};

TEST_F(KernelFunctionsTest, FindsByName)
{
    const KernelFunctions functions{lists};

    EXPECT_THAT(functions.find("vfs_read").addresses, ElementsAre(0xffffffff81000000));
    EXPECT_THAT(functions.find("twice").addresses, ElementsAre(0xffffffff810000c0, 0xffffffff81000100));
    EXPECT_THAT(functions.find("vfs_module").addresses, ElementsAre(0xffffffffc0000000));
}

TEST_F(KernelFunctionsTest, UnknownNames)
{
    const KernelFunctions functions{lists};

    EXPECT_EQ(error_of([&] { std::ignore = functions.find("vfs_raed"); }),
              (std::pair{2, std::string{"this kernel has no function 'vfs_raed', or only inlined copies of it; "
                                        "did you mean vfs_read?"}}));
    EXPECT_EQ(error_of([&] { std::ignore = functions.find("vfs_data"); }),
              (std::pair{2, std::string{"'vfs_data' of this kernel is data, not a function"}}));
    EXPECT_EQ(error_of([&] { std::ignore = functions.find("vfs_prog"); }).first, 2);
}

// "twice" is left out: only one of the two can be traced, and the list does not tell which.
TEST_F(KernelFunctionsTest, PatternsMatchTraceableFunctions)
{
    EXPECT_THAT(names("vfs_*"), ElementsAre("vfs_module", "vfs_read", "vfs_weak", "vfs_write"));
    EXPECT_THAT(names("vfs_[rw]e*"), ElementsAre("vfs_read", "vfs_weak"));
    EXPECT_EQ(error_of([&] { names("x*"); }).first, 2);
    const auto [code, text] = error_of([&] { names("no*"); });
    EXPECT_EQ(code, 3);
    EXPECT_THAT(text, HasSubstr("matches 2 functions of this kernel, none of which can be traced"));
}

TEST_F(KernelFunctionsTest, WithoutTheListOfTraceableFunctions)
{
    lists.traceable = dir.at("none");
    EXPECT_THAT(names("*"), ElementsAre("notrace", "twice", "vfs_module", "vfs_read", "vfs_weak", "vfs_write"));
}

TEST_F(KernelFunctionsTest, WithoutTheListOfSymbols)
{
    lists.symbols = dir.at("none");
    const auto [code, text] = error_of([&] { std::ignore = KernelFunctions{lists}.find("vfs_read"); });
    EXPECT_EQ(code, 3);
    EXPECT_THAT(text, HasSubstr("cannot read " + lists.symbols));
    EXPECT_EQ(error_of([&] { names("vfs_*"); }).first, 3);
}

TEST_F(KernelFunctionsTest, UntraceableReason)
{
    const KernelFunctions functions{lists};

    EXPECT_THAT(functions.untraceable_reason("noprobe").value_or(""), HasSubstr("blacklist"));
    EXPECT_THAT(functions.untraceable_reason("notrace").value_or(""), HasSubstr("notrace"));
    EXPECT_EQ(functions.untraceable_reason("vfs_read"), std::nullopt);
}

} // namespace
} // namespace snoop

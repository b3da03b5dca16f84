// SPDX-License-Identifier: BSD-2-Clause
// openguard and overlayfs: a guard in the lower or upper layer is met on the merged side; see limits.cpp for the
// other direction.
#include "openguard/overlay.hpp"
#include "openguard/guarding.hpp"

namespace snoop::test {
namespace {

class Overlaid : public Guarding {
protected:
    void SetUp() override
    {
        Guarding::SetUp();
        SNOOP_NEEDS(overlay);
    }
};

INSTANTIATE_TEST_SUITE_P(, Overlaid, testing::Bool(),
                         [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

// Which path the row has depends on the kernel: since 6.6 it is that in the layer.
TEST_P(Overlaid, LowerGuardsMerged)
{
    const Overlay overlay{dir};
    const std::string one = overlay.lower + "/one", folder = overlay.lower + "/folder";
    start({one, folder});

    expect_met({{"a file, merged", [&] { return open_it(overlay.merged + "/one"); }, "", one},
                {"a file, itself", [&] { return open_it(one); }, one, one},
                {"in a directory, merged", [&] { return open_it(overlay.merged + "/folder/inner"); }, "", folder},
                {"in a directory, itself", [&] { return open_it(folder + "/inner"); }, folder + "/inner", folder}});
    expect_unmet({{"another file", [&] { return open_it(overlay.merged + "/other"); }}});
    stop();
}

TEST_P(Overlaid, UpperGuardsMerged)
{
    const Overlay overlay{dir};
    const std::string fresh = overlay.upper + "/fresh", made = overlay.upper + "/made";
    write_file(overlay.merged + "/fresh", "1");
    ASSERT_EQ(mkdir((overlay.merged + "/made").c_str(), 0755), 0);
    write_file(overlay.merged + "/made/inner", "1");
    start({fresh, made});

    expect_met({{"a file, merged", [&] { return open_it(overlay.merged + "/fresh"); }, "", fresh},
                {"a file, itself", [&] { return open_it(fresh); }, fresh, fresh},
                {"in a directory, merged", [&] { return open_it(overlay.merged + "/made/inner"); }, "", made},
                {"in a directory, itself", [&] { return open_it(made + "/inner"); }, made + "/inner", made}});
    expect_unmet({{"another file", [&] { return open_it(overlay.merged + "/other"); }}});
    stop();
}

// Files of both layers; the layers themselves are not met.
TEST_P(Overlaid, MergedGuardsMerged)
{
    const Overlay overlay{dir};
    const std::string one = overlay.merged + "/one", folder = overlay.merged + "/folder";
    write_file(folder + "/fresh", "1");
    start({one, folder});

    expect_met({{"a file", [&] { return open_it(one); }, one, one},
                {"to write, which copies it up", [&] { return open_it(one, O_RDWR); }, one, one},
                {"of the lower layer", [&] { return open_it(folder + "/inner"); }, folder + "/inner", folder},
                {"of the upper layer", [&] { return open_it(folder + "/fresh"); }, folder + "/fresh", folder}});
    stop();
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// xdpcount gives up what counting does not need. It keeps CAP_NET_ADMIN for a filter of tc, which it removes itself;
// that nothing of it stays is a test in attach.cpp.
#include "sandbox.hpp"
#include "xdpcount/xdpcount.hpp"

#include <linux/capability.h>

namespace snoop::test {
namespace {

using testing::IsEmpty;

TEST_P(Methods, NeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(strace);
    const bool is_clsact = std::string_view{GetParam().name} == "clsact";
    ToolRun tool{"xdpcount", with_method({"--pcap", "/dev/null", "--drop", "icmp"}), there()};

    expect_sandboxed(tool.pid(), is_clsact ? std::uint64_t{1} << CAP_NET_ADMIN : 0);
    Strace strace{tool.pid()};
    Wire packets = wire();
    packets.send(ethernet(0x0806, std::string(28, 'x')));
    packets.arrived();
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_FALSE(tool.rows().empty());
    EXPECT_THAT(strace.refused(), IsEmpty());
}

} // namespace
} // namespace snoop::test

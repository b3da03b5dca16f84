// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --by vlan: tags in the frame, and tags that the card has taken out or is to put in.
#include "xdpcount/beside_frame.hpp"
#include "xdpcount/xdpcount.hpp"

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST_P(InAndOut, ByVlan)
{
    const std::string packet = ipv4({.protocol = 17}, udp(1000, 53));
    ToolRun tool{"xdpcount", with_method({"--by", "vlan"}), there()};
    Wire wire = this->wire();

    wire.send(ethernet(0x8100, tag(0x6007, 0x0800, packet)), 2);            // with priority 3
    wire.send(ethernet(0x88a8, tag(5, 0x8100, tag(8, 0x0800, packet))), 3); // the outermost one counts
    wire.send(ethernet(0x8100, tag(0xe000, 0x0800, packet)), 4);            // a priority only
    wire.send(ethernet(0x8100, tag(4094, 0x0800, "E")), 5);                 // cut behind the tag
    wire.send(ethernet(0x0800, packet), 6);
    wire.send(ethernet(0x0800, "E"), 1);
    wire.send(ethernet(0x8100, "x"), 7); // cut within the tag
    wire.arrived();
    EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("7", 2), Pair("5", 3), Pair("0", 4), Pair("4094", 5),
                                                  Pair("untagged", 8), Pair("truncated", 7))); // with the mark
    for (const Json &row : tool.rows()) {
        EXPECT_EQ(row["by"], "vlan");
        const bool has_id = row["key"] != "untagged" && row["key"] != "truncated";
        EXPECT_EQ(row["vlan"], has_id ? Json(std::stoi(row["key"].get<std::string>())) : Json(nullptr));
    }
}

// XDP does not see a tag that is not in the frame, neither in the driver nor behind it; tc does.
TEST_P(Methods, TagBesideFrame)
{
    SNOOP_NEEDS(clsact);
    push_tags(is_out() ? net->near : net->far, is_out() ? BPF_TC_INGRESS : BPF_TC_EGRESS,
              is_out() ? net->near.index : 0);
    ToolRun tool{"xdpcount", with_method({"--by", "vlan"}), there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns, 3);
    if (is_out()) { // near0 sends back what arrives
        wire.arrived();
        out().arrived();
        EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("7", 4), Pair("untagged", 1))); // with the marks
        EXPECT_THAT(tool.err(), Not(HasSubstr("rxvlan")));
        return;
    }
    wire.arrived();
    EXPECT_THAT(ended(tool), ElementsAre(Pair("untagged", 4)));
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0: packets whose VLAN tag the card has removed count as "
                                      "untagged: `ethtool -K near0 rxvlan off` keeps the tags\n"));
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// xdpcount on several interfaces: what is counted where, and interfaces that cannot be attached or go away.
#include "accounting.hpp"
#include "xdpcount/xdpcount.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// near0 with Ethernet and native XDP, and tun0 with bare IP packets and generic XDP, in one namespace.
class XdpcountInterfaces : public InAndOut {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(tun);
        InAndOut::SetUp();
        tun.emplace(net->near.space);
    }
    [[nodiscard]] static Args both(const Args &more = {})
    {
        Args args{"near0", "tun0", "-o", "json", "-i", "1000"};
        if (is_out())
            args.emplace_back("--tc");
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }

    std::optional<TunDevice> tun;
};

INSTANTIATE_TEST_SUITE_P(, XdpcountInterfaces, testing::Values(Method{"in", false}, Method{"out", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });

bool has_xdp(const NetEnd &end)
{
    bool is_attached = false;

    end.space.in([&] {
        LIBBPF_OPTS(bpf_xdp_query_opts, query);
        ASSERT_EQ(bpf_xdp_query(end.index, 0, &query), 0);
        is_attached = query.attach_mode != XDP_ATTACHED_NONE;
    });
    return is_attached;
}

// Frames of Ethernet on one, bare packets on the other.
TEST_P(XdpcountInterfaces, CountsEach)
{
    ToolRun tool{"xdpcount", both({"--by", "interface"}), there()};
    Wire wire = this->wire();

    wire.send(Mixed{is_out()}.dns, 3);
    wire.arrived();
    if (!is_out())
        for (int i = 0; i < 2; i++)
            tun->send(ipv4({.protocol = 17}, udp(1000, 53)));
    const Counts counts = ended(tool);
    Counts expected{{"near0", 4}}; // with the mark
    if (!is_out())
        expected["tun0"] = 2;
    EXPECT_EQ(counts, expected);
    for (const Json &row : tool.rows()) {
        const bool is_near = row["key"] == "near0";
        EXPECT_EQ(row["by"], "interface");
        EXPECT_EQ(row["iface"], row["key"]);
        EXPECT_EQ(row["proto"], nullptr);
        if (!is_out()) {
            EXPECT_EQ(row["mode"], is_near ? "native" : "generic");
        }
    }
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0: "));
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: tun0: "));
}

// A rule and a key hold for packets of both kinds.
TEST_F(Xdpcount, SumsOfInterfaces)
{
    SNOOP_NEEDS(tun);
    const TunDevice tun{net->near.space};
    ToolRun tool{"xdpcount", {"near0", "tun0", "near0", "-o", "json", "-i", "1000", "--drop", "udp/53"}, there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns, 3);
    wire.send(Mixed{false}.web, 1);
    wire.arrived();
    tun.send(ipv4({.protocol = 17}, udp(1000, 53)));
    tun.send(ipv6({.next = 17}, udp(1000, 53)));
    tun.send(ipv6({.next = 6}, tcp(1000, 80)));
    EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("udp/53", 5), Pair("tcp/80", 2)));
    EXPECT_THAT(counts_of(tool, "dropped"), UnorderedElementsAre(Pair("udp/53", 5), Pair("tcp/80", 0)));
    EXPECT_EQ(tool.rows().at(0)["iface"], "near0,tun0");
    EXPECT_EQ(tool.rows().at(0)["mode"], "mixed");
    EXPECT_THAT(tool.err(), AllOf(HasSubstr("near0: dropping udp/53 until"), HasSubstr("tun0: dropping udp/53 until")));
}

TEST_F(Xdpcount, TableOfInterfaces)
{
    SNOOP_NEEDS(tun);
    const TunDevice tun{net->near.space};
    ToolRun tool{"xdpcount", {"near0", "tun0", "-i", "1000", "--by", "interface", "--mode", "generic"}, there()};

    tun.send(ipv4({.protocol = 17}, udp(1000, 53)));
    EXPECT_EQ(tool.stop(), 0);
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(5)) << tool.out();
    EXPECT_THAT(lines[0], testing::EndsWith("near0,tun0 in, generic"));
    EXPECT_THAT(lines[1], StartsWith("INTERFACE    PACKETS "));
    EXPECT_TRUE(matches(lines[2], R"(tun0 +1 .*)")) << lines[2];
}

// The error names the interface, and no other stays attached.
TEST_F(Xdpcount, AllInterfacesOrNone)
{
    SNOOP_NEEDS(tun);
    const TunDevice tun{net->near.space};
    const auto fails = [&](const Args &args, int code, const std::string &words) {
        const Outcome outcome = run_tool("xdpcount", args, there());
        EXPECT_EQ(outcome.code, code) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(words));
        EXPECT_FALSE(has_xdp(net->near));
    };

    fails({"near0", "tun1"}, 2, "there is no interface 'tun1'; choose from lo, near0, tun0");
    fails({"near0", "lo", "--mode", "native"}, 3, "xdpcount: lo: native mode failed: ");
    ToolRun other{"xdpcount", {"tun0", "-i", "1000"}, there()};
    fails({"near0", "tun0"}, 1, "tun0 has an XDP program already");
    EXPECT_EQ(other.stop(), 0);
}

// Said once; the others are counted on, and only the last one's end is an error.
TEST_F(Xdpcount, OneInterfaceRemoved)
{
    SNOOP_NEEDS(tun);
    std::optional<TunDevice> tun{net->near.space};
    ToolRun tool{"xdpcount", {"near0", "tun0", "-o", "json", "-i", "0.05"}, there()};
    Wire wire = in();

    tun.reset(); // closes the device, and so removes it
    tool.wait_err("xdpcount: tun0 is gone");
    wire.send(Mixed{false}.dns, 3);
    tool.row_where([](const Json &row) { return row["packets"] == 3; });
    net->near.space.in([] { delete_interface("near0"); });
    EXPECT_EQ(tool.wait(), 1);
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0 is gone\n"));
    const std::string line = "tun0 is gone";
    EXPECT_EQ(tool.err().find(line), tool.err().rfind(line)) << tool.err();
    EXPECT_THAT(tool.err(), Not(HasSubstr("near0; ")));
    expect_balance(tool.err());
}

} // namespace
} // namespace snoop::test

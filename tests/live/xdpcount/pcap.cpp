// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --pcap: where it writes, what it refuses, and what it does not capture. pcap_methods.cpp has what the file
// holds.
#include "pcap.hpp"
#include "fixtures.hpp"
#include "xdpcount/beside_frame.hpp"
#include "xdpcount/xdpcount.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class XdpcountPcap : public Xdpcount {
protected:
    static Args with(const std::string &file, const Args &more = {})
    {
        Args args = json({"--drop", "udp/53", "--pcap", file});
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    void refused(const std::string &file, const std::string &words, const Args &more = {})
    {
        const Outcome outcome = run_tool("xdpcount", with(file, more), there());
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    }

    TempDir dir;
    const std::string path = dir.at("dropped.pcap");
};

// A tag that the card is to write is put where it will be.
TEST_F(XdpcountPcap, TagBesideFrame)
{
    SNOOP_NEEDS(clsact);
    const std::string packet = ipv4({.protocol = 17}, udp(1000, 53));
    push_tags(net->near, BPF_TC_INGRESS, net->near.index);
    ToolRun tool{"xdpcount", with(path, {"--tc"}), there()};
    Wire wire = in();

    wire.send(ethernet(0x0800, packet));
    wire.arrived();
    out().arrived();
    ended(tool);
    EXPECT_THAT(read_pcap(read_file(path)).frames(), ElementsAre(ethernet(0x8100, tag(7, 0x0800, packet))));
}

TEST_F(XdpcountPcap, PacketsWithoutEthernet)
{
    SNOOP_NEEDS(tun);
    const TunDevice device{net->near.space};
    const std::string packet = ipv4({.protocol = 17}, udp(1000, 53));
    Args args = with(path);
    args[0] = "tun0";
    ToolRun tool{"xdpcount", args, there()};

    device.send(packet);
    ended(tool);
    const Pcap pcap = read_pcap(read_file(path));
    EXPECT_EQ(pcap.link_type, 101u); // bare IP
    EXPECT_THAT(pcap.frames(), ElementsAre(packet));
    refused(path, "--pcap: only one of near0 and tun0 has frames with an Ethernet header", {"tun0"});
}

TEST_F(XdpcountPcap, ToStdout)
{
    ToolRun tool{"xdpcount", {"near0", "-i", "0.05", "--drop", "udp/53", "--pcap", "-"}, there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns, 3);
    wire.arrived();
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(read_pcap(tool.out()).frames(), std::vector<std::string>(3, Mixed{false}.dns));
    EXPECT_THAT(tool.err(), HasSubstr("; dropped 3; unparsed 0; captured 3; not captured 0\n"));
    refused("-", "--pcap - cannot be combined with -o json: both write to stdout; give a file");
    const Outcome with_command =
        run_tool("xdpcount", {"near0", "--drop", "udp/53", "--pcap", "-", "--", "true"}, there());
    EXPECT_EQ(with_command.code, 2);
    EXPECT_THAT(with_command.err, HasSubstr("--pcap - cannot be combined with a command: both write to stdout"));
    const Outcome without = run_tool("xdpcount", {"near0", "--pcap", path}, there());
    EXPECT_EQ(without.code, 2);
    EXPECT_THAT(without.err, HasSubstr("--pcap writes packets that are dropped: give --drop, too"));
}

TEST_F(XdpcountPcap, ReaderGone)
{
    ToolRun tool{"xdpcount", {"near0", "--drop", "udp/53", "--pcap", "-"}, there()};

    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

// A stopped tool does not read its ring: what finds no room is dropped all the same, and counted.
TEST_F(XdpcountPcap, CountsLosses)
{
    const std::string frame = ethernet(0x0800, ipv4({.protocol = 17}, udp(1000, 53, std::string(1000, 'x'))));

    for (const char *transport : {"auto", "perf"}) {
        ToolRun tool{"xdpcount", with(path, {"--strict", "--ring-size", ring_size(65536), "--transport", transport}),
                     there()};
        Wire wire = in();
        tool.send(SIGSTOP);
        wire.send(frame, 300);
        wire.arrived();
        tool.send(SIGCONT);
        EXPECT_EQ(tool.stop(), 1) << transport;
        auto accounting = expect_balance(tool.err());
        const Pcap pcap = read_pcap(read_file(path));
        EXPECT_EQ(accounting["dropped"], 300u);
        EXPECT_EQ(accounting["captured"], pcap.packets.size());
        EXPECT_GT(pcap.packets.size(), 10u);
        EXPECT_GT(accounting["not_captured"], 10u);
        EXPECT_EQ(accounting["captured"] + accounting["not_captured"], 300u);
    }
}

// Nobody reads the pipe: the tool still ends, and says what was not written.
TEST_F(XdpcountPcap, FullPipe)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const Fd reads{ends[0]}, writes{ends[1]};
    Start start = there();
    start.out_fd = writes.get();
    ToolRun tool{"xdpcount", {"near0", "--drop", "udp/53", "--pcap", "-"}, start};
    Wire wire = in();

    wire.send(ethernet(0x0800, ipv4({.protocol = 17}, udp(1000, 53, std::string(1000, 'x')))), 300);
    wire.arrived();
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    const Groups all = first_groups_in(tool.err(), R"(dropped (\d+); .*; captured (\d+); not captured (\d+))");
    ASSERT_THAT(all, SizeIs(4)) << tool.err();
    EXPECT_EQ(all[1], "300");
    EXPECT_GT(std::stoi(all[2]), 10);
    EXPECT_GT(std::stoi(all[3]), 100);
    EXPECT_EQ(std::stoi(all[2]) + std::stoi(all[3]), 300);
}

// The file is the owner's, and not what another user put in its place.
TEST_F(XdpcountPcap, Files)
{
    const auto is_written = [&](const std::string &file) {
        ToolRun tool{"xdpcount", with(file), there()};
        ended(tool);
        EXPECT_THAT(read_pcap(read_file(file)).packets, IsEmpty());
    };
    struct stat info {};

    is_written(path);
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    write_file(path, std::string(1000, 'x')); // is emptied
    is_written(path);
    ASSERT_EQ(symlink(path.c_str(), dir.at("own-link").c_str()), 0);
    is_written(dir.at("own-link"));

    ASSERT_EQ(symlink(path.c_str(), dir.at("link").c_str()), 0);
    ASSERT_EQ(lchown(dir.at("link").c_str(), nobody, nobody), 0);
    refused(dir.at("link"), "is a link of another user: give another name");
    const std::string others = dir.file("others", "theirs");
    ASSERT_EQ(chown(others.c_str(), nobody, nobody), 0);
    refused(others, "belongs to another user or has several names: give another one");
    const std::string first = dir.file("first", "ours");
    ASSERT_EQ(link(first.c_str(), dir.at("second").c_str()), 0);
    refused(dir.at("second"), "belongs to another user or has several names: give another one");
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0666), 0);
    ASSERT_EQ(chown(fifo.c_str(), nobody, nobody), 0);
    refused(fifo, "belongs to another user or has several names: give another one");
    EXPECT_EQ(read_file(others), "theirs");
    EXPECT_EQ(read_file(first), "ours");
    refused(dir.at("no-folder/x"), "--pcap: cannot write '" + dir.at("no-folder/x") + "': No such file");
    refused(path, "--snaplen", {"--snaplen", "63"});

    const Outcome full = run_tool("xdpcount", with("/dev/full"), there());
    EXPECT_EQ(full.code, 1);
    EXPECT_THAT(full.err, HasSubstr("--pcap: cannot write '/dev/full': No space left on device (ENOSPC); it holds 0 "
                                    "whole packets"));
}

// tcpdump reads the file, and prints flags as this tool does.
TEST_F(XdpcountPcap, TcpdumpReadsIt)
{
    SNOOP_NEEDS(tcpdump);
    std::vector<std::string> flags, shown;
    ToolRun tool{"xdpcount", json({"--by", "tcp-flags", "--drop", "tcp/80", "--pcap", path}), there()};
    Wire wire = in();

    for (unsigned number = 0; number < 256; number++)
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(1000, 80, "payload", number))));
    wire.arrived();
    const Counts counts = ended(tool, "dropped");
    for (const auto &[key, count] : counts)
        if (count == 1)
            flags.push_back(key.substr(key.find('[')));
    const std::string text = dir.file("text", "");
    const Ended tcpdump = in_child([&] {
        const Fd out{open(text.c_str(), O_WRONLY)};
        dup2(out.get(), STDOUT_FILENO);
        execlp("tcpdump", "tcpdump", "-nr", path.c_str(), nullptr);
        _exit(127);
    });
    EXPECT_EQ(tcpdump.status, 0);
    for (const Groups &groups :
         all_groups_in(read_file(text), R"(192\.0\.2\.1\.1000 > 192\.0\.2\.2\.80: Flags (\[\S+\]))"))
        shown.push_back(groups[1]);
    std::ranges::sort(flags);
    std::ranges::sort(shown);
    EXPECT_THAT(shown, SizeIs(256)) << read_file(text);
    EXPECT_EQ(flags, shown);
}

} // namespace
} // namespace snoop::test

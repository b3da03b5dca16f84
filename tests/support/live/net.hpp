// SPDX-License-Identifier: BSD-2-Clause
// A network of a test's own: two namespaces with a veth pair between them, and nothing that
// sends of itself. No other interface is touched.
//     VethPair net;
//     ToolRun tool{"xdpcount", {net.near.name}, {.in_child = [&] { net.near.enter(); }}};
//     Wire wire{net.far, net.near, mark};
//     wire.send(ethernet(0x0800, …));
//     wire.arrived();                        // has been seen by then
#pragma once

#include "process.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace snoop::test {

// A new network namespace, there as long as this is. IPv6 is off there, or every interface
// that comes up would say so to the others.
class NetSpace {
public:
    NetSpace();

    // The calling process goes there: for a child, even one that has closed all descriptors.
    void enter() const;
    // What `body` does, it does there: in a thread of its own. What it throws comes out here.
    void in(const std::function<void()> &body) const;
    // For setns(2), by another process as long as this one lives.
    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    Fd fd_;
    std::string path_;
};

// One end of a wire: its namespace, and its interface there.
struct NetEnd {
    NetSpace space{};
    std::string name;
    int index = 0;

    void enter() const { space.enter(); }
};

struct VethPair {
    explicit VethPair(unsigned mtu = 1500);

    NetEnd near{.name = "near0"}, far{.name = "far0"};
};

// An interface whose frames are bare IP packets, in a namespace.
class TunDevice {
public:
    explicit TunDevice(const NetSpace &space);
    // A packet comes in there.
    void send(const std::string &packet) const;

    [[nodiscard]] const std::string &name() const { return name_; }

private:
    Fd fd_;
    std::string name_ = "tun0";
};

// `lo`, and any other: up. In the namespace of the calling thread.
void set_up(const std::string &interface);
void add_address(int index, const std::string &ipv4, unsigned bits);
void delete_interface(const std::string &interface);

// Whole frames, as they are, from one end to another; slowly enough for every queue.
class Wire {
public:
    // `mark` is a frame like no other that is sent here: when it comes out, all before it has.
    Wire(const NetEnd &from, const NetEnd &to, std::string mark);

    void send(const std::string &frame, int times = 1);
    // What has come out since the last call, when all that was sent has been seen.
    std::vector<std::string> arrived();

private:
    void pass_mark();

    Fd from_, to_;
    std::string mark_;
    int sent_ = 0;
    std::vector<std::string> arrived_;
};

} // namespace snoop::test

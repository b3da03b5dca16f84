// SPDX-License-Identifier: BSD-2-Clause
// A private network: two namespaces joined by a veth pair, and nothing that
// sends unasked. No other interface is touched.
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

// A network namespace for the lifetime of the object. IPv6 is off, or every interface
// that comes up would announce itself.
class NetSpace {
public:
    NetSpace();

    // Moves the calling process there; for a child, even one that has closed all descriptors.
    void enter() const;
    // Runs `body` there, in a thread of its own, and rethrows its exception.
    void in(const std::function<void()> &body) const;
    // A path for setns(2), valid for other processes while this one lives.
    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    Fd fd_;
    std::string path_;
};

// One end of the pair: a namespace and its interface.
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

// An interface whose frames are bare IP packets, in a namespace of its own.
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

// Brings an interface up, in the namespace of the calling thread.
void set_up(const std::string &interface);
void add_address(int index, const std::string &ipv4, unsigned bits);
void delete_interface(const std::string &interface);

// Sends raw frames from one end to the other, slowly enough for every queue.
class Wire {
public:
    // `mark` is a frame unlike any other sent here: its arrival means that all before it arrived.
    Wire(const NetEnd &from, const NetEnd &to, std::string mark);

    void send(const std::string &frame, int times = 1);
    // The frames that arrived since the last call, once all sent ones have.
    std::vector<std::string> arrived();

private:
    void pass_mark();

    Fd from_, to_;
    std::string mark_;
    int sent_ = 0;
    std::vector<std::string> arrived_;
};

} // namespace snoop::test

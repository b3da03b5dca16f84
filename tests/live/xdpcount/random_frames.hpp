// SPDX-License-Identifier: BSD-2-Clause
// Random packets of UDP and TCP for the fuzzer, valid and damaged: stacks of tags, chains of extension headers,
// fragments, wrong lengths. Each carries its number, so that a receiver knows which one it got.
//     RandomFrames random{seed, mac};
//     const RandomFrames::Packet packet = random.next(number);
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace snoop::test {

class RandomFrames {
public:
    static constexpr unsigned named_port = 9999, free_port = 8888; // of UDP
    // Rules name packets of TCP with these of the flags in the mask.
    static constexpr unsigned named_flags = 0x02, flags_mask = 0x17;
    static constexpr const char *near4 = "192.0.2.2", *near6 = "2001:db8::2";
    // Sources, of which rules name the second.
    static constexpr const char *far4 = "192.0.2.1", *named4 = "198.51.100.7";
    static constexpr const char *far6 = "2001:db8::1", *named6 = "2001:db8:bad::7";

    // One frame, or the two fragments of a packet.
    struct Packet {
        std::vector<std::string> frames;
        bool is_fragmented = false;
    };

    // `mac`: 6 bytes, of the receiving interface.
    RandomFrames(unsigned seed, std::string mac) : random_(seed), mac_(std::move(mac)) {}

    Packet next(std::uint32_t number, bool with_ipv6);

private:
    // From 0 to most.
    unsigned at_most(unsigned most) { return std::uniform_int_distribution<unsigned>{0, most}(random_); }
    bool once_in(unsigned times) { return at_most(times - 1) == 0; }
    // Mostly few, sometimes as many as fit.
    unsigned how_many(unsigned most);

    struct Transport {
        std::uint8_t protocol;
        std::string bytes;
    };
    Transport transport(std::uint32_t number);
    std::string ip4(const Transport &payload, std::uint32_t id, unsigned fragment, const char *from);
    void add_ipv4(Packet &packet, std::uint32_t number);
    void add_ipv6(Packet &packet, std::uint32_t number);
    std::string framed(std::uint16_t type, std::string payload);
    void damage(std::string &frame);

    std::mt19937 random_;
    std::string mac_;
};

} // namespace snoop::test

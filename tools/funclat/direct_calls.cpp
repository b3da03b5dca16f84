// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/direct_calls.hpp"
#include "funclat/disassembler.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace snoop::funclat {
namespace {

constexpr std::uint64_t most_code = std::uint64_t{256} << 20;

} // namespace

DirectCalls::DirectCalls(const ElfFile &elf, const CodeFrames &frames, Machine machine)
    : elf_(elf), frames_(frames), machine_(machine)
{
    std::uint64_t left = most_code;

    for (const ElfSegment &segment : elf.segments()) {
        if (!segment.is_code || segment.bytes > left)
            continue;
        left -= segment.bytes;
        find(segment.address, elf.read(segment.address, segment.bytes));
    }
    std::ranges::sort(calls_,
                      [](const Call &a, const Call &b) { return std::tie(a.to, a.from) < std::tie(b.to, b.from); });
}

void DirectCalls::find(std::uint64_t address, const std::vector<std::byte> &code)
{
    const bool is_arm = machine_ == Machine::arm64;
    const std::size_t size = is_arm ? 4 : 5;
    constexpr auto x86_call = std::byte{0xe8};

    for (std::size_t i = 0; i + size <= code.size(); i += is_arm ? 4 : 1) {
        std::int32_t word = 0;
        if (is_arm) {
            std::memcpy(&word, &code[i], sizeof(word));
            if ((static_cast<std::uint32_t>(word) & 0xfc000000) == 0x94000000) // bl
                add(address + i, address + i + static_cast<std::uint64_t>(std::int64_t{word << 6 >> 6} * 4));
        } else if (code[i] == x86_call) {
            std::memcpy(&word, &code[i + 1], sizeof(word));
            add(address + i, address + i + size + static_cast<std::uint64_t>(std::int64_t{word}));
        }
    }
}

void DirectCalls::add(std::uint64_t from, std::uint64_t to)
{
    if (std::ranges::binary_search(frames_.pieces(), to, {}, &ElfRange::address))
        calls_.push_back({to, from});
}

// Bytes can look like a call and be part of another instruction. The first instruction of a piece is known, so all
// its instructions are.
bool DirectCalls::is_call(std::uint64_t address) const
{
    constexpr std::uint64_t most_bytes = 1 << 20;
    const ElfRange *piece = frames_.piece_of(address);
    std::vector<Instruction> instructions;

    if (!piece || piece->bytes > most_bytes)
        return false;
    const std::vector<std::byte> code = elf_.read(piece->address, piece->bytes);
    Disassembler{machine_}.read({piece->address, code}, instructions); // up to what it does not know
    const auto found = std::ranges::lower_bound(instructions, address, {}, &Instruction::address);
    return found != instructions.end() && found->address == address && found->flow == Flow::call;
}

bool DirectCalls::lead_to(std::uint64_t address) const
{
    constexpr int few = 8;
    auto call = std::ranges::lower_bound(calls_, address, {}, &Call::to);

    for (int i = 0; i < few && call != calls_.end() && call->to == address; i++, ++call)
        if (is_call(call->from))
            return true;
    return false;
}

} // namespace snoop::funclat

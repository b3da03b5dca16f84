// SPDX-License-Identifier: BSD-2-Clause
// The places where a function of a program ends its calls, found by disassembling it.
//     const FunctionBody body = disassemble(machine, ranges, is_function);
//     if (body.doubt.empty())
//         for (const FunctionExit &exit : body.exits) …
#pragma once

#include <snoop/funclat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace snoop::funclat {

enum class Machine { x86_64, x86_32, arm64 };

// Instructions at an address of the file.
struct CodeRange {
    std::uint64_t address;
    std::span<const std::byte> bytes;
};

// How the kernel executes an instruction that has a probe: it emulates some kinds, and single-steps all
// others, which takes much longer.
enum class Execution { stepped, nop, push, call, jump, jump_if };

// An instruction that ends a call: a return, or a jump to another function (a tail call).
struct FunctionExit {
    std::uint64_t address;
    funclat_site site; // under which condition it does; the caller sets `function`
    Execution execution;
};

// An instruction at which every call begins.
struct FunctionEntry {
    std::uint64_t address;
    std::uint64_t pushed; // bytes that the instructions before it have pushed
    Execution execution;
};

struct FunctionBody {
    std::string doubt; // why its exits are not known for certain; empty if they are
    FunctionEntry entry{};
    std::vector<FunctionExit> exits;
    bool is_go = false; // its frames are on the stack of a goroutine
};

// The first range begins with the function's entry. The others are parts that a compiler may have split
// off it (NAME.cold): those that it jumps to belong to it, at most one. With is_go, the function is Go's:
// it begins again after its stack has grown. is_function tells whether another function
// begins at an address, or a stub that jumps to one (PLT). Throws Error (exit 1) if the disassembler fails.
FunctionBody disassemble(Machine machine, std::span<const CodeRange> ranges,
                         const std::function<bool(std::uint64_t address)> &is_function, bool is_go = false);

} // namespace snoop::funclat

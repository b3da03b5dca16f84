// SPDX-License-Identifier: BSD-2-Clause
// Functions that do nothing, to measure what probes cost. They lie in a file in memory that only this process
// maps, so that probes on them concern nobody else.
//     const EmptyFunctions functions;
//     const EmptyFunction one = functions.with_entry(Execution::push);
//     attach(functions.file(), one.entry, one.exit);
//     one.call();
#pragma once

#include "base/fd.hpp"
#include "funclat/function_body.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace snoop::funclat {

struct EmptyFunction {
    void (*call)();
    std::uint64_t entry, exit; // offsets of its first instruction, and of the one that ends it
};

class EmptyFunctions {
public:
    // Throws Error (exit 3) if this system maps no code in memory.
    EmptyFunctions();
    ~EmptyFunctions();
    EmptyFunctions(const EmptyFunctions &) = delete;
    EmptyFunctions &operator=(const EmptyFunctions &) = delete;

    [[nodiscard]] const std::string &file() const noexcept { return file_; }

    // The function that begins with such an instruction and returns.
    [[nodiscard]] EmptyFunction with_entry(Execution execution) const;
    // The function that ends with such an instruction: a return, a jump, or a jump on a condition, which is met.
    [[nodiscard]] EmptyFunction with_exit(Execution execution) const;

private:
    [[nodiscard]] EmptyFunction at(std::size_t number) const;

    Fd fd_;
    std::string file_;
    std::byte *code_ = nullptr;
};

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// Calls of functions of programs that did not return: those that an exception or longjmp() unwound, and
// those whose threads ended inside them. Each leaves an entry in the map of calls in flight.
//     UnfinishedCalls unfinished{skel.maps.user_calls, skel.maps.threads, functions};
//     unfinished.settle(UnfinishedCalls::When::running);
//     unfinished.of(function).unwound;
#pragma once

#include <snoop/funclat.h>

#include <cstddef>
#include <cstdint>
#include <vector>

struct bpf_map;

namespace snoop::funclat {

// Tells what became of a call by the last known stack pointer of its thread. Stacks grow down: a call whose
// frame lies below that is over. On another stack, a coroutine's, it may go on.
enum class CallState { in_flight, unwound, ended };
CallState state_of(const funclat_call_key &call, const funclat_thread &thread) noexcept;

class UnfinishedCalls {
public:
    struct Counts {
        std::uint64_t unwound = 0, ended = 0;
    };

    UnfinishedCalls(const bpf_map *calls, const bpf_map *threads, std::size_t functions)
        : calls_(calls), threads_(threads), counts_(functions)
    {}

    // Takes out of the maps the calls of threads that have ended; with When::stopped, when no program
    // runs any more, all calls that are over.
    enum class When { running, stopped };
    void settle(When when);

    // Returns the counts of a function since the start.
    [[nodiscard]] const Counts &of(std::uint32_t function) const { return counts_[function]; }

private:
    const bpf_map *calls_, *threads_;
    std::vector<Counts> counts_;
};

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/unfinished_calls.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <unordered_map>

namespace snoop::funclat {
namespace {

// A frame farther away is taken for one on another stack.
constexpr std::uint64_t near_bytes = 64 * 1024;

template <class Key, class Value, class Each> void for_each_entry(const bpf_map *map, Each each)
{
    const int fd = bpf_map__fd(map);
    Key key{}, next{};
    Value value{};

    for (const Key *previous = nullptr; bpf_map_get_next_key(fd, previous, &next) == 0; previous = &key) {
        key = next;
        if (bpf_map_lookup_elem(fd, &key, &value) == 0)
            each(key, value);
    }
}

} // namespace

CallState state_of(const funclat_call_key &call, const funclat_thread &thread) noexcept
{
    if (call.goroutine)
        return thread.has_ended ? CallState::unwound : CallState::in_flight;
    if (thread.sp > call.frame && thread.sp - call.frame < near_bytes)
        return CallState::unwound;
    return thread.has_ended ? CallState::ended : CallState::in_flight;
}

void UnfinishedCalls::settle(When when)
{
    std::unordered_map<std::uint64_t, funclat_thread> threads;
    std::vector<funclat_call_key> over;

    for_each_entry<std::uint64_t, funclat_thread>(threads_, [&](std::uint64_t id, const funclat_thread &thread) {
        if (thread.has_ended || when == When::stopped)
            threads.emplace(id, thread);
    });
    if (threads.empty())
        return;
    for_each_entry<funclat_call_key, funclat_call>(calls_, [&](const funclat_call_key &key, const funclat_call &call) {
        const auto thread = threads.find(call.thread);
        // A goroutine may go on in another thread, unless its process has ended.
        if (key.goroutine && when == When::running) {
            threads.erase(call.thread);
            return;
        }
        const CallState state = thread == threads.end() ? CallState::in_flight : state_of(key, thread->second);
        if (state == CallState::in_flight)
            return;
        ++(state == CallState::unwound ? counts_[key.function].unwound : counts_[key.function].ended);
        over.push_back(key);
    });
    for (const funclat_call_key &key : over)
        bpf_map_delete_elem(bpf_map__fd(calls_), &key);
    for (const auto &[id, thread] : threads)
        if (thread.has_ended) // and no call refers to it
            bpf_map_delete_elem(bpf_map__fd(threads_), &id);
}

} // namespace snoop::funclat

// SPDX-License-Identifier: BSD-2-Clause
// The user-space part of the smallest execcount. Loads, attaches, waits, reads the map.
#include "minicount.skel.h"

#include <bpf/bpf.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <unistd.h>

int main()
{
    if (geteuid() != 0) {
        std::fputs("minicount: run it with sudo\n", stderr);
        return 1;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);

    minicount_bpf *skel = minicount_bpf::open_and_load();
    if (!skel || minicount_bpf::attach(skel) != 0) {
        std::perror("minicount: cannot load or attach");
        return 1;
    }
    std::fputs("minicount: counting, press Ctrl-C to stop\n", stderr);
    int signal = 0;
    sigwait(&set, &signal);

    const int counts = bpf_map__fd(skel->maps.counts);
    std::uint32_t key = 0, *last = nullptr;
    std::uint64_t count = 0;
    for (; bpf_map_get_next_key(counts, last, &key) == 0; last = &key)
        if (bpf_map_lookup_elem(counts, &key, &count) == 0)
            std::printf("uid %-6u %llu\n", key, static_cast<unsigned long long>(count));
    minicount_bpf::destroy(skel);
}

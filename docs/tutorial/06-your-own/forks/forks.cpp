// SPDX-License-Identifier: BSD-2-Clause
// forks [UID [NAME...]]: prints once a second which programs create processes. UID -1 is everybody, and
// programs with one of the names are not counted.
#include "forks.skel.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (geteuid() != 0) {
        std::fputs("forks: run it with sudo\n", stderr);
        return 1;
    }
    // Between open and load, constants and sizes may be set.
    forks_bpf *skel = forks_bpf::open();
    if (!skel) {
        std::perror("forks: cannot open the programs");
        return 1;
    }
    if (argc > 1)
        skel->rodata->only_uid = static_cast<std::uint32_t>(std::atoi(argv[1]));
    if (forks_bpf::load(skel) != 0) {
        std::perror("forks: cannot load");
        return 1;
    }
    // After the load there are maps. What the programs need from the start is put there before they run.
    const int ignored = bpf_map__fd(skel->maps.ignored), forks = bpf_map__fd(skel->maps.forks);
    for (int i = 2; i < argc; i++) {
        char key[16] = {};
        const std::uint8_t yes = 1;
        std::memcpy(key, argv[i], std::min(std::strlen(argv[i]), sizeof(key) - 1));
        bpf_map_update_elem(ignored, key, &yes, BPF_ANY);
    }
    if (forks_bpf::attach(skel) != 0) {
        std::perror("forks: cannot attach");
        return 1;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::fputs("forks: counting, press Ctrl-C to stop\n", stderr);
    for (;;) {
        sleep(1);
        // The iteration cannot continue from a deleted key, so it looks up the next one first.
        char key[16], next[16];
        bool has_next = bpf_map_get_next_key(forks, nullptr, next) == 0;
        while (has_next) {
            std::memcpy(key, next, sizeof(key));
            has_next = bpf_map_get_next_key(forks, key, next) == 0;
            std::uint64_t count = 0;
            if (bpf_map_lookup_elem(forks, key, &count) == 0)
                std::printf("%-16.16s %llu\n", key, static_cast<unsigned long long>(count));
            bpf_map_delete_elem(forks, key);
        }
    }
}

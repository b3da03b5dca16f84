// SPDX-License-Identifier: BSD-2-Clause
// A program whose probe has a semaphore, a counter of those that look. For each line on
// stdin it hits the probe if somebody does, and says on stdout how many they are.
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#include <cstdio>

extern "C" {
volatile unsigned short snooptest_guarded_semaphore __attribute__((section(".probes"), used)) = 0;
}

int main()
{
    char line[64];

    while (std::fgets(line, sizeof(line), stdin)) {
        const int looking = snooptest_guarded_semaphore;
        if (looking > 0)
            DTRACE_PROBE1(snooptest, guarded, looking);
        std::printf("%d\n", looking);
        std::fflush(stdout);
    }
    return 0;
}

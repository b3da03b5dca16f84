// SPDX-License-Identifier: BSD-2-Clause
// Opens and closes PATH RATE times a second, evenly in each millisecond, and prints how often it did.
//     load_paced RATE SECONDS PATH
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec next;
    long made = 0;

    if (argc != 4)
        errx(2, "usage: load_paced RATE SECONDS PATH");
    const long rate = atol(argv[1]), milliseconds = atol(argv[2]) * 1000;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long ms = 1; ms <= milliseconds; ms++) {
        for (; made < rate * ms / 1000; made++) {
            const int fd = open(argv[3], O_RDONLY);

            if (fd < 0 || close(fd))
                err(1, "%s", argv[3]);
        }
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    printf("%ld\n", made);
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// latency COUNT PERIOD_MS LIMIT_MS: how long after an open its row can be read. stdin is the
// tool's output. Prints a number for each of COUNT opens: ns, or -1 if no row came in time.
#include "load.h"

#include <fcntl.h>
#include <poll.h>

static char seen[1 << 16]; // the end of what was read, so that no mark is cut in two
static size_t seen_bytes;

// Reads what is there; true if it contains the mark.
static bool read_until(const char *mark)
{
    const size_t keep = 256;
    size_t kept = seen_bytes < keep ? seen_bytes : keep;

    memmove(seen, seen + seen_bytes - kept, kept);
    const ssize_t n = read(STDIN_FILENO, seen + kept, sizeof(seen) - kept);
    if (n <= 0)
        errx(1, "the tool has closed its output");
    seen_bytes = kept + (size_t)n;
    return memmem(seen, seen_bytes, mark, strlen(mark)) != NULL;
}

static double wait_for(const char *mark, double begin, double limit)
{
    for (;;) {
        const double left = begin + limit - now_ns();
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        if (left <= 0 || poll(&in, 1, (int)(left / 1e6) + 1) == 0)
            return -1;
        if (read_until(mark))
            return now_ns() - begin;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: latency COUNT PERIOD_MS LIMIT_MS");
    const int count = atoi(argv[1]);
    const double period = atof(argv[2]) * 1e6, limit = atof(argv[3]) * 1e6;

    pin((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
    for (int i = 0; i < count; i++) {
        char mark[64];
        // Reads on meanwhile, or the pipe would hold the tool up.
        wait_for("/no such mark/", now_ns(), period);
        const double begin = now_ns();
        snprintf(mark, sizeof(mark), "/snoop-mark/%.0f", begin);
        open(mark, O_RDONLY);
        printf("%.0f\n", wait_for(mark, begin, limit));
        fflush(stdout);
    }
    return 0;
}

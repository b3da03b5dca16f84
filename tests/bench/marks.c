// SPDX-License-Identifier: BSD-2-Clause
// marks open|exec PERIOD_US MILLISECONDS PROGRAM: makes an event in each period, whose path
// or argument is /snoop-mark/NS, the time (CLOCK_MONOTONIC) right before it.
#include "load.h"

#include <fcntl.h>
#include <spawn.h>

extern char **environ;

static void execute(char *program, char *mark)
{
    char *argv[] = {program, mark, NULL};
    pid_t pid;

    if (posix_spawn(&pid, program, NULL, NULL, argv, environ))
        errx(1, "cannot execute %s", program);
    waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: marks open|exec PERIOD_US MILLISECONDS PROGRAM");
    const bool is_open = strcmp(argv[1], "open") == 0;
    const double period = atof(argv[2]) * 1e3, end = now_ns() + atof(argv[3]) * 1e6;

    for (double next = now_ns(); next < end; next += period) {
        char mark[64];
        const struct timespec at = {(time_t)(next / 1e9), (long)(next - (double)(time_t)(next / 1e9) * 1e9)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        snprintf(mark, sizeof(mark), "/snoop-mark/%.0f", now_ns());
        if (is_open)
            open(mark, O_RDONLY);
        else
            execute(argv[4], mark);
    }
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// own_clock WORK_NS CALLS: calls own_clock_work(), which works for that long. Prints the mean duration of a call
// in ns, from the first statement of the function to its last, by the program's own clock.
#include "load.h"

static double total_ns;

__attribute__((noinline, used)) void own_clock_work(double ns)
{
    const double begin = now_ns();
    double passed;

    do
        passed = now_ns() - begin;
    while (passed < ns);
    total_ns += passed;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: own_clock WORK_NS CALLS");
    const double ns = atof(argv[1]);
    const int calls = atoi(argv[2]);

    pin((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
    for (int i = 0; i < calls; i++)
        own_clock_work(ns);
    printf("%.0f\n", total_ns / calls);
    return 0;
}

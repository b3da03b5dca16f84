// SPDX-License-Identifier: BSD-2-Clause
// A system call that no tool traces, over and over.
#include "load.h"

#include <sys/syscall.h>

static bool call(void) { return syscall(SYS_getppid) >= 0; }

int main(int argc, char **argv)
{
    const struct load load = load_of(argc, argv, "");

    return serve(&load, call);
}

// SPDX-License-Identifier: BSD-2-Clause
// Opens and closes PATH, over and over; a path that does not exist is a failing open.
#include "load.h"

#include <fcntl.h>

static const char *path;

static bool call(void)
{
    const int fd = open(path, O_RDONLY);

    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    const struct load load = load_of(argc, argv, "PATH");

    if (optind != argc - 1)
        errx(2, "which PATH?");
    path = argv[optind];
    return serve(&load, call);
}

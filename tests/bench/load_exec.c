// SPDX-License-Identifier: BSD-2-Clause
// Executes PROGRAM with ARGUMENT and waits for its end, over and over. An ARGUMENT of the
// form xN is N bytes long, in strings of 100.
#include "load.h"

#include <ctype.h>

extern char **environ;

static char *program;
static char **arguments;

static bool call(void)
{
    int status;
    const pid_t pid = vfork();

    if (pid == 0) {
        execve(program, arguments, environ);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static char **make_arguments(const char *text)
{
    enum { one = 100 };
    const bool is_size = text[0] == 'x' && isdigit((unsigned char)text[1]);
    const size_t count = is_size ? (strtoul(text + 1, NULL, 10) + one - 1) / one : 1;
    char **all = calloc(count + 2, sizeof(*all));

    if (!all)
        err(1, "calloc");
    all[0] = program;
    for (size_t i = 1; i <= count; i++) {
        all[i] = strdup(text);
        if (is_size && (all[i] = malloc(one))) {
            memset(all[i], 'a', one - 1);
            all[i][one - 1] = '\0';
        }
        if (!all[i])
            err(1, "malloc");
    }
    return all;
}

int main(int argc, char **argv)
{
    const struct load load = load_of(argc, argv, "PROGRAM ARGUMENT");

    if (optind != argc - 2)
        errx(2, "which PROGRAM, which ARGUMENT?");
    program = argv[optind];
    arguments = make_arguments(argv[optind + 1]);
    return serve(&load, call);
}

// SPDX-License-Identifier: BSD-2-Clause
// attach OBJECT PROGRAM: attaches one program of an object, says so as a tool does
// (SNOOP_READY_FD), and waits for a signal.
#include <bpf/libbpf.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: attach OBJECT PROGRAM");
    struct bpf_object *object = bpf_object__open(argv[1]);
    struct bpf_program *program;
    const char *ready = getenv("SNOOP_READY_FD");

    if (!object)
        err(1, "%s", argv[1]);
    bpf_object__for_each_program(program, object)
        bpf_program__set_autoload(program, strcmp(bpf_program__name(program), argv[2]) == 0);
    program = bpf_object__find_program_by_name(object, argv[2]);
    if (!program || bpf_object__load(object) || !bpf_program__attach(program))
        err(1, "%s", argv[2]);
    if (ready && write(atoi(ready), "\n", 1) != 1)
        err(1, "SNOOP_READY_FD");
    pause();
}

// SPDX-License-Identifier: BSD-2-Clause
// The user-space part of the smallest hello. Loads, attaches, and prints what the program says.
#include "hello.skel.h"

#include <cctype>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <unistd.h>

int main()
{
    if (geteuid() != 0) {
        std::fputs("hello: run it with sudo\n", stderr);
        return 1;
    }
    hello_bpf *skel = hello_bpf::open_and_load();
    std::FILE *pipe = std::fopen("/sys/kernel/tracing/trace_pipe", "r");
    if (!skel || hello_bpf::attach(skel) != 0 || !pipe) {
        std::perror("hello: cannot load, attach, or open trace_pipe");
        return 1;
    }
    // The kernel enables the event of bpf_printk() itself, but since Linux 6.15 some time after it has loaded the program.
    std::ofstream{"/sys/kernel/tracing/events/bpf_trace/bpf_trace_printk/enable"} << 1;
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // a line at a time, in a pipe too
    std::fputs("hello: tracing, press Ctrl-C to stop\n", stderr);

    // Ctrl-C ends the process, and the kernel detaches and unloads what it held.
    char line[512];
    while (std::fgets(line, sizeof(line), pipe)) {
        const char *said = std::strstr(line, "program ");
        for (; said && *said; said++) // a process chooses its own name, so it may hold control characters
            std::putchar(*said == '\n' || std::isprint(static_cast<unsigned char>(*said)) ? *said : '?');
    }
}

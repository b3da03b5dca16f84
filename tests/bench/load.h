// SPDX-License-Identifier: BSD-2-Clause
// Common parts of the loads. A load is started once and stays; at each line on stdin it
// makes its calls and prints one line. So rounds with and without a tool are those of one
// process, at the same addresses.
//     load_open -j 1 -n 1000 -c 60 PATH    each line: 60 chunks of 1000 calls
//     NS CALLS FAILED                      ns a call: the median of the chunks
// With -j 0 a process runs on each CPU, and the ns are the mean of all chunks: the consumer of
// the events takes its time from them.
#ifndef SNOOP_BENCH_LOAD_H
#define SNOOP_BENCH_LOAD_H

#include <err.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_chunks = 1000, most_processes = 256 };

struct load {
    int processes, calls, chunks;
};

struct result {
    double median, mean;
    long failed;
};

struct shared {
    atomic_int ready;
    struct result results[most_processes];
};

static inline double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        err(1, "sched_setaffinity");
}

static inline int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

// Takes -j, -n and -c; what is left is the load's own.
static inline struct load load_of(int argc, char **argv, const char *usage)
{
    struct load load = {.processes = 1, .calls = 1000, .chunks = 60};
    int option;

    while ((option = getopt(argc, argv, "j:n:c:")) != -1)
        switch (option) {
        case 'j': load.processes = atoi(optarg); break;
        case 'n': load.calls = atoi(optarg); break;
        case 'c': load.chunks = atoi(optarg); break;
        default: errx(2, "usage: %s [-j PROCESSES] [-n CALLS] [-c CHUNKS] %s", argv[0], usage);
        }
    if (load.processes == 0)
        load.processes = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (load.processes < 1 || load.processes > most_processes || load.calls < 1 || load.chunks < 1 ||
        load.chunks > most_chunks)
        errx(2, "-j 0 to %d, -n 1 and more, -c 1 to %d", most_processes, most_chunks);
    return load;
}

// `call` returns whether it did what it was to do.
static inline __attribute__((always_inline)) struct result run_chunks(const struct load *load, bool (*call)(void))
{
    double chunks[most_chunks];
    struct result result = {0};

    for (int c = 0; c < load->chunks; c++) {
        const double begin = now_ns();
        for (int i = 0; i < load->calls; i++)
            result.failed += !call();
        chunks[c] = (now_ns() - begin) / load->calls;
        result.mean += chunks[c] / load->chunks;
    }
    qsort(chunks, (size_t)load->chunks, sizeof(*chunks), by_value);
    result.median = chunks[load->chunks / 2];
    return result;
}

static inline __attribute__((always_inline)) struct result run_everywhere(const struct load *load, bool (*call)(void),
                                                                          struct shared *shared)
{
    struct result sum = {0};

    fflush(stdout);
    atomic_store(&shared->ready, 0);
    for (int p = 0; p < load->processes; p++) {
        const pid_t pid = fork();
        if (pid < 0)
            err(1, "fork");
        if (pid == 0) {
            pin(p);
            atomic_fetch_add(&shared->ready, 1);
            while (atomic_load(&shared->ready) < load->processes)
                sched_yield();
            shared->results[p] = run_chunks(load, call);
            _exit(0);
        }
    }
    for (int p = 0; p < load->processes; p++) {
        int status;
        if (wait(&status) < 0 || status != 0)
            errx(1, "a process of the load failed");
        sum.failed += shared->results[p].failed;
        sum.mean += shared->results[p].mean / load->processes;
    }
    return sum;
}

static inline __attribute__((always_inline)) int serve(const struct load *load, bool (*call)(void))
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char line[64];

    if (shared == MAP_FAILED)
        err(1, "mmap");
    if (load->processes == 1)
        pin(0);
    while (fgets(line, sizeof(line), stdin)) {
        const bool is_one = load->processes == 1;
        const struct result r = is_one ? run_chunks(load, call) : run_everywhere(load, call, shared);
        printf("%.2f %ld %ld\n", is_one ? r.median : r.mean, (long)load->processes * load->calls * load->chunks,
               r.failed);
        fflush(stdout);
    }
    return 0;
}

#endif // SNOOP_BENCH_LOAD_H

// SPDX-License-Identifier: BSD-2-Clause
// The user-space part of the smallest opensnoop. Prints a row for each record in the ring.
#include "miniopen.h"
#include "miniopen.skel.h"

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t stopped = 0;

int on_event(void *, void *data, std::size_t)
{
    const auto *e = static_cast<const event *>(data);

    std::printf("%-7u %-16s %s\n", e->pid, e->comm, e->path);
    return 0;
}

} // namespace

int main()
{
    if (geteuid() != 0) {
        std::fputs("miniopen: run it with sudo\n", stderr);
        return 1;
    }
    std::signal(SIGINT, [](int) { stopped = 1; });
    miniopen_bpf *skel = miniopen_bpf::open_and_load();
    if (!skel || miniopen_bpf::attach(skel) != 0) {
        std::perror("miniopen: cannot load or attach");
        return 1;
    }
    ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, nullptr, nullptr);
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // a row at a time, in a pipe too
    std::fputs("miniopen: tracing, press Ctrl-C to stop\n", stderr);
    while (!stopped)
        ring_buffer__poll(ring, 100);
    ring_buffer__consume(ring); // what came meanwhile
    ring_buffer__free(ring);
    miniopen_bpf::destroy(skel);
}

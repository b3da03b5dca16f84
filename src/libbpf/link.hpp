// SPDX-License-Identifier: BSD-2-Clause
// A program that is attached to a hook, until the link is destroyed.
//     std::vector<Link> links;
//     links.push_back(Link{bpf_program__attach_trace(program)});
#pragma once

#include "base/fd.hpp"
#include "libbpf/log.hpp"

#include <bpf/libbpf.h>

#include <initializer_list>
#include <memory>
#include <utility>

namespace snoop {

// A link of libbpf, or a descriptor for which libbpf has no object.
class Link {
public:
    Link() = default;
    explicit Link(bpf_link *link) noexcept : link_(link) {}
    explicit Link(Fd fd) noexcept : fd_(std::move(fd)) {}

    explicit operator bool() const noexcept { return link_ || fd_; }

private:
    struct Destroy {
        void operator()(bpf_link *link) const noexcept { bpf_link__destroy(link); }
    };
    std::unique_ptr<bpf_link, Destroy> link_;
    Fd fd_;
};

// To a tracepoint, beside the one that the program's section names.
Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name);
// An empty link if the kernel has no such tracepoint.
Link attach_raw_tracepoint(bpf_program *program, const char *name);
// To the first of these functions that the kernel has.
Link attach_kprobe(const Log &log, bpf_program *program, bool at_return, std::initializer_list<const char *> functions);

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// A program that is attached to a hook, until the link is destroyed.
//     std::vector<Link> links;
//     links.push_back(Link{bpf_program__attach_trace(program)});
#pragma once

#include "base/fd.hpp"

#include <bpf/libbpf.h>

#include <memory>
#include <utility>

namespace snoop {

// A link of libbpf, a descriptor for which libbpf has no object, or an object whose destructor
// detaches the program.
class Link {
public:
    Link() = default;
    explicit Link(bpf_link *link) noexcept : link_(link) {}
    explicit Link(Fd fd) noexcept : fd_(std::move(fd)) {}
    explicit Link(std::shared_ptr<void> owner) noexcept : owner_(std::move(owner)) {}

    explicit operator bool() const noexcept { return link_ || fd_ || owner_; }

private:
    struct Destroy {
        void operator()(bpf_link *link) const noexcept { bpf_link__destroy(link); }
    };
    std::unique_ptr<bpf_link, Destroy> link_;
    Fd fd_;
    std::shared_ptr<void> owner_;
};

} // namespace snoop

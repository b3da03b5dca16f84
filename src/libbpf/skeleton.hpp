// SPDX-License-Identifier: BSD-2-Clause
// RAII over a skeleton that `bpftool gen skeleton` made: open, load, attach, and all
// of it undone by the destructor. A refusal is an Error with libbpf's errno.
//     Skeleton<execsnoop_bpf> skel{log, open_options};
//     skel->rodata->want_exit = true;
//     skel.load();
//     skel.attach();
#pragma once

#include "base/fd.hpp"
#include "libbpf/log.hpp"

#include <bpf/libbpf.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <utility>

namespace snoop {

// Throws the Error for a step that libbpf refused with `err` (positive). EPERM is
// what the system lacks (exit 3), all else fails at run time (exit 1).
[[noreturn]] void throw_bpf_error(const Log &log, const char *step, int err);

// A program's place at a hook, until it is destroyed: libbpf's, or one that libbpf has no
// object for.
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

// Is a map that programs use only with some options to be created? One that is not takes
// neither time nor memory. What would use it has to be behind a constant (rodata): the
// verifier leaves that out since 5.5; for older kernels the map has room for one. Null is
// no map.
void create_map(bpf_map *map, bool is_used);

// A second hook for a program that one tracepoint is not enough for.
Link attach_tracepoint(const Log &log, bpf_program *program, const char *category, const char *name);
// None if the kernel has no such tracepoint.
Link attach_raw_tracepoint(bpf_program *program, const char *name);
// To the first of these functions that the kernel has.
Link attach_kprobe(const Log &log, bpf_program *program, bool at_return, std::initializer_list<const char *> functions);

template <class S> class Skeleton {
public:
    Skeleton(const Log &log, const bpf_object_open_opts &options) : log_(log), skeleton_(S::open(&options))
    {
        if (!skeleton_)
            throw_bpf_error(log_, "open", errno);
    }

    S *operator->() noexcept { return skeleton_.get(); }
    S &operator*() noexcept { return *skeleton_; }
    [[nodiscard]] bpf_object *object() noexcept { return skeleton_->obj; }

    // Gives the maps and programs to the kernel; rodata is fixed from here on.
    void load()
    {
        if (const int err = S::load(skeleton_.get()))
            throw_bpf_error(log_, "load", -err);
    }
    // Attaches each program that was loaded and whose section names its hook.
    void attach()
    {
        if (const int err = S::attach(skeleton_.get()))
            throw_bpf_error(log_, "attach", -err);
    }
    // From here on no program is called; maps can still be read.
    void detach() noexcept { S::detach(skeleton_.get()); }

private:
    struct Destroy {
        void operator()(S *s) const noexcept { S::destroy(s); }
    };

    const Log &log_;
    std::unique_ptr<S, Destroy> skeleton_;
};

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// RAII over a skeleton of `bpftool gen skeleton`: the destructor detaches and unloads. If libbpf
// refuses a step, the Error names it, with libbpf's reason.
//     Skeleton<execsnoop_bpf> skel{log, open_options};
//     skel->rodata->want_exit = true;
//     skel.load();
//     skel.attach();
#pragma once

#include "libbpf/log.hpp"

#include <bpf/libbpf.h>

#include <cerrno>
#include <memory>

namespace snoop {

// Throws the Error for a step that libbpf refused with `err` (positive): exit 3 if the system or the
// user lacks something (EPERM, for one), otherwise exit 1.
[[noreturn]] void throw_bpf_error(const Log &log, const char *step, int err);

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

    // Creates the maps and loads the programs; rodata is read-only from here on.
    void load()
    {
        if (const int err = S::load(skeleton_.get()))
            throw_bpf_error(log_, "load", -err);
    }
    // Attaches each loaded program whose section names its hook.
    void attach()
    {
        if (const int err = S::attach(skeleton_.get()))
            throw_bpf_error(log_, "attach", -err);
    }
    // Detaches them; maps can still be read.
    void detach() noexcept { S::detach(skeleton_.get()); }

private:
    struct Destroy {
        void operator()(S *s) const noexcept { S::destroy(s); }
    };

    const Log &log_;
    std::unique_ptr<S, Destroy> skeleton_;
};

} // namespace snoop

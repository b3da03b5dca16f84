// SPDX-License-Identifier: BSD-2-Clause
// What a test needs of the system, tried out and never concluded from a version. Where it
// is lacking the test is skipped with the reason, or fails if SNOOP_REQUIRE names it:
//     TEST(Execsnoop, Cgroup) { SNOOP_NEEDS(cgroup2); … }     // SKIP: lacks cgroup2: …
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace snoop::test {

enum class Hook {
    ring,
    perf,
    raw_tp,
    tp,
    tp_btf,
    kprobe,
    fentry,
    fmod_ret,
    lsm,
    xdp,
    tcx,    // links of tc (6.6)
    clsact, // filters of tc
    uprobe, // programs attach
    tracefs,
    cgroup2,
    btf, // can be read
    ia32,
    task_storage,
    batch,
    kprobe_multi,
    cookies,   // bpf_get_attach_cookie in programs on kprobes and uprobes
    uring,     // io_uring opens files
    uring_req, // and its tracepoints hand out the request (5.19)
    userns,
    preempt, // programs are preempted
    alone,   // the machine is the tests' own
    hotplug, // and a processor can be taken away
    veth,    // interfaces of such kinds can be made
    tun,
    overlay,
    binfmt_misc,
    core_pipe,   // core dumps may be sent to a program of the test's
    legacy_open, // open and creat are system calls
    sudo,
    bash,
    tmux // are there
};

std::string_view name_of(Hook hook);
std::optional<Hook> hook_of(std::string_view name);

// Why the system lacks it; nothing if it is there. Tried once.
std::optional<std::string> lacks(Hook hook);

// Is it in the comma-separated list SNOOP_REQUIRE?
bool is_required(Hook hook);

} // namespace snoop::test

// A macro, for it returns from the test.
#define SNOOP_NEEDS(hook) SNOOP_NEEDS_HOOK(::snoop::test::Hook::hook)
// The same for a hook that is an expression.
#define SNOOP_NEEDS_HOOK(hook)                                                                                         \
    if (const auto reason = ::snoop::test::lacks(hook)) {                                                              \
        const std::string snoop_name{::snoop::test::name_of(hook)};                                                    \
        if (::snoop::test::is_required(hook))                                                                          \
            GTEST_FAIL() << "SNOOP_REQUIRE says that this system has " << snoop_name << ", but: " << *reason;          \
        GTEST_SKIP() << "SKIP: lacks " << snoop_name << ": " << *reason;                                               \
    }                                                                                                                  \
    static_assert(true)

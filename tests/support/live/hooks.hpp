// SPDX-License-Identifier: BSD-2-Clause
// Requirements of a test, probed by trying, never by version. Where one
// is missing the test is skipped with the reason, or fails if SNOOP_REQUIRE names it:
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
    cgroup1, // a hierarchy of version 1 can be mounted
    memcg,   // a cgroup can limit memory
    btf,     // the kernel's BTF is readable
    ia32,
    task_storage,
    batch,
    kprobe_multi,
    cookies,   // bpf_get_attach_cookie in programs on kprobes and uprobes
    uring,     // io_uring opens files
    uring_req, // its tracepoints give the request (5.19)
    userns,
    loginuid, // the kernel knows who logged in (CONFIG_AUDIT), and lets root set it
    preempt,  // the kernel preempts programs
    alone,    // the machine belongs to the tests
    hotplug,  // alone, and a CPU can be taken offline
    veth,     // veth pairs can be created
    tun,
    overlay,
    binfmt_misc,
    core_pipe,      // alone, and core_pattern can be changed
    legacy_open,    // open and creat are system calls
    userns_overlay, // overlays can be mounted in user namespaces (5.11)
    idmap,          // tmpfs can be mounted with mapped owners (6.3)
    uffd,
    exporter, // snoop-export is built, with prometheus-cpp
    reporter, // snoop-report is built
    sudo,
    bash,
    tcpdump,
    tmux,
    strace,    // these five: the program is installed
    compilers, // g++, clang++, rustc, go and musl-gcc
    toolchain  // what builds a BPF program by hand: clang, llvm-strip, bpftool, g++ and make
};

std::string_view name_of(Hook hook);
std::optional<Hook> hook_of(std::string_view name);

// The reason why the system lacks it; nullopt if it has it. Probed once.
std::optional<std::string> lacks(Hook hook);

// True if the comma-separated list SNOOP_REQUIRE names it.
bool is_required(Hook hook);

} // namespace snoop::test

// A macro, since it returns from the test.
#define SNOOP_NEEDS(hook) SNOOP_NEEDS_HOOK(::snoop::test::Hook::hook)
// SNOOP_NEEDS for a hook that is an expression.
#define SNOOP_NEEDS_HOOK(hook)                                                                                         \
    if (const auto reason = ::snoop::test::lacks(hook)) {                                                              \
        const std::string snoop_name{::snoop::test::name_of(hook)};                                                    \
        if (::snoop::test::is_required(hook))                                                                          \
            GTEST_FAIL() << "SNOOP_REQUIRE says that this system has " << snoop_name << ", but: " << *reason;          \
        GTEST_SKIP() << "SKIP: lacks " << snoop_name << ": " << *reason;                                               \
    }                                                                                                                  \
    static_assert(true)

// SPDX-License-Identifier: BSD-2-Clause
// Probes the hooks of this kernel. A missing hook is a skip with its reason; if SNOOP_REQUIRE
// names it, it is a failure, so that no line in the list of kernels can be wrong.
// docs/reports/kernels.md is generated from these results.
#include "hooks.hpp"

#include <gtest/gtest.h>

TEST(Hooks, ring) { SNOOP_NEEDS(ring); }
TEST(Hooks, perf) { SNOOP_NEEDS(perf); }
TEST(Hooks, raw_tp) { SNOOP_NEEDS(raw_tp); }
TEST(Hooks, tp) { SNOOP_NEEDS(tp); }
TEST(Hooks, tp_btf) { SNOOP_NEEDS(tp_btf); }
TEST(Hooks, kprobe) { SNOOP_NEEDS(kprobe); }
TEST(Hooks, fentry) { SNOOP_NEEDS(fentry); }
TEST(Hooks, fmod_ret) { SNOOP_NEEDS(fmod_ret); }
TEST(Hooks, lsm) { SNOOP_NEEDS(lsm); }
TEST(Hooks, xdp) { SNOOP_NEEDS(xdp); }
TEST(Hooks, tcx) { SNOOP_NEEDS(tcx); }
TEST(Hooks, clsact) { SNOOP_NEEDS(clsact); }
TEST(Hooks, uprobe) { SNOOP_NEEDS(uprobe); }
TEST(Hooks, tracefs) { SNOOP_NEEDS(tracefs); }
TEST(Hooks, cgroup2) { SNOOP_NEEDS(cgroup2); }
TEST(Hooks, btf) { SNOOP_NEEDS(btf); }
TEST(Hooks, ia32) { SNOOP_NEEDS(ia32); }
TEST(Hooks, task_storage) { SNOOP_NEEDS(task_storage); }
TEST(Hooks, kprobe_multi) { SNOOP_NEEDS(kprobe_multi); }
TEST(Hooks, cookies) { SNOOP_NEEDS(cookies); }
TEST(Hooks, batch) { SNOOP_NEEDS(batch); }

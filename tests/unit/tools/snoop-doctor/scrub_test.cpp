// SPDX-License-Identifier: BSD-2-Clause
// Paths that a bug report must not have.
#include "snoop-doctor/scrub.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace snoop {
namespace {

TEST(Scrub, RemovesPathsOfUsers)
{
    for (const auto &[text, scrubbed] : std::vector<std::pair<std::string, std::string>>{
             {"cannot open /home/me/x: No such file", "cannot open <path> No such file"},
             {"run `sudo /home/me/bin/execsnoop`", "run `sudo <path>`"},
             {"'/srv/x'; fix: \"/tmp/y\"", "'<path>'; fix: \"<path>\""},
             {"a=/srv/x b:/srv/y (/srv/z)", "a=<path> b:<path> (<path>)"},
             {"./x/secret ../secret", ".<path> ..<path>"},
             {"/sys/../home/me", "<path>"},
             {"/systems/secret /libs/secret", "<path> <path>"},
             {"…/secret/x", "…<path>"},
             {"/home/me/", "<path>"}})
        EXPECT_EQ(scrub(text, {}), scrubbed);
}

TEST(Scrub, KeepsWhatIsTheSystems)
{
    for (const std::string text :
         {"raw_tp/sys_exit, raw_tp/sched_process_exec", "/sys/kernel/btf/vmlinux", "/proc/sys/kernel/tainted",
          "/usr/lib/x86_64-linux-gnu/libstdc++.so.6:libstdcxx:throw", "mount -t tracefs tracefs /sys/kernel/tracing",
          "1/128 of the memory", "either / or", "lsm/file_open", "", "/"})
        EXPECT_EQ(scrub(text, {}), text);
}

// A path with a space would end too early.
TEST(Scrub, RemovesKnownPathsFirst)
{
    EXPECT_EQ(scrub("run `sudo '/srv/my self/bin/execsnoop'`", {"/srv/my self/bin"}), "run `sudo '<path>/execsnoop'`");
    EXPECT_EQ(scrub("/srv/my self, /srv/my self", {"/srv/my self"}), "<path>, <path>");
    // These would take away too much, or nothing.
    EXPECT_EQ(scrub("/usr/lib/x a / b", {"", "/", "/usr/lib"}), "/usr/lib/x a / b");
}

} // namespace
} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// Names of errno values and signals.
#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace {

using namespace snoop;

TEST(ErrnoName, KnownAndUnknown)
{
    EXPECT_EQ(errno_name(ENOENT), "ENOENT");
    EXPECT_EQ(errno_name(EACCES), "EACCES");
    EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
    EXPECT_EQ(errno_name(512), "ERESTARTSYS"); // the kernel's own
    EXPECT_EQ(errno_name(530), "ERECALLCONFLICT");
    EXPECT_EQ(errno_name(531), "ENOGRACE");
    EXPECT_EQ(errno_name(520), "E520");
    EXPECT_EQ(errno_name(123456), "E123456");
}

TEST(DescribeErrno, KnownAndUnknown)
{
    EXPECT_EQ(describe_errno(ENOENT), "No such file or directory (ENOENT)");
    EXPECT_EQ(describe_errno(123456), "error E123456");
    EXPECT_EQ(describe_errno(524), "error ENOTSUPP");
}

TEST(SignalName, KnownAndUnknown)
{
    EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
    EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
    EXPECT_EQ(signal_name(34), "SIG34");
    EXPECT_EQ(signal_name(127), "SIG127");
}

} // namespace

// SPDX-License-Identifier: BSD-2-Clause
// Output to pipes that are read, closed or slow, and to full disks.
#include "base/error.hpp"
#include "table/output.hpp"

#include "unit/files.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>

namespace {

using namespace snoop;

class OutputTest : public testing::Test {
protected:
    // run_main() does the same.
    void SetUp() override { before_ = signal(SIGPIPE, SIG_IGN); }
    void TearDown() override { signal(SIGPIPE, before_); }

    sighandler_t before_ = SIG_DFL;
};

std::string numbered_lines(int lines)
{
    std::string text;
    for (int i = 0; i < lines; i++)
        text += std::to_string(i) + "\n";
    return text;
}

TEST_F(OutputTest, FlushWritesAndClearsTheBuffer)
{
    Pipe pipe;
    Output out{pipe.writes.get()};

    EXPECT_EQ(out.fd(), pipe.writes.get());
    append(out.buffer(), "one\n");
    out.flush();
    EXPECT_EQ(out.buffer().size(), 0u);
    append(out.buffer(), "two\n");
    out.flush();
    out.flush();
    EXPECT_FALSE(out.closed());
    pipe.writes.reset();
    EXPECT_EQ(read_all(pipe.reads.get()), "one\ntwo\n");
}

TEST_F(OutputTest, ClosedPipe)
{
    Pipe pipe;
    Output out{pipe.writes.get()};

    pipe.reads.reset();
    append(out.buffer(), "nobody reads this\n");
    EXPECT_FALSE(out.closed());
    EXPECT_NO_THROW(out.flush());
    EXPECT_TRUE(out.closed());
    append(out.buffer(), "nor this\n");
    EXPECT_NO_THROW(out.flush());
    EXPECT_EQ(out.buffer().size(), 0u);
}

TEST_F(OutputTest, PipeClosedDuringAWrite)
{
    Pipe pipe;
    Output out{pipe.writes.get()};
    std::thread reader{[&] {
        char one = 0;
        EXPECT_EQ(read(pipe.reads.get(), &one, 1), 1);
        pipe.reads.reset();
    }};

    append(out.buffer(), numbered_lines(200000)); // more than a pipe holds
    EXPECT_NO_THROW(out.flush());
    reader.join();
    EXPECT_TRUE(out.closed());
}

TEST_F(OutputTest, FullDisk)
{
    const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    Output out{full.get()};

    append(out.buffer(), "x\n");
    try {
        out.flush();
        ADD_FAILURE() << "no error";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_runtime);
        EXPECT_STREQ(error.what(), "cannot write to stdout: No space left on device (ENOSPC)");
    }
    EXPECT_FALSE(out.closed());
    EXPECT_EQ(out.buffer().size(), 0u); // printed once, not again by the next flush
}

TEST_F(OutputTest, ClosedDescriptor)
{
    Output out{-1};
    append(out.buffer(), "x\n");
    EXPECT_THROW(out.flush(), Error);
}

TEST_F(OutputTest, NonBlockingPipeLosesNothing)
{
    Pipe pipe;
    const std::string text = numbered_lines(200000);
    Output out{pipe.writes.get()};
    std::string received;

    ASSERT_EQ(fcntl(pipe.writes.get(), F_SETFL, O_NONBLOCK), 0);
    // The pipe is full before it is read, so the first write() of flush() fails with EAGAIN.
    std::string filling;
    while (write(pipe.writes.get(), "................", 16) == 16)
        filling += "................";
    ASSERT_EQ(errno, EAGAIN);

    std::thread reader{[&] { received = read_all(pipe.reads.get()); }};
    append(out.buffer(), text);
    EXPECT_NO_THROW(out.flush());
    pipe.writes.reset();
    reader.join();
    EXPECT_TRUE(received == filling + text);
}

TEST_F(OutputTest, NonBlockingPipeIsClosed)
{
    Pipe pipe;
    Output out{pipe.writes.get()};

    ASSERT_EQ(fcntl(pipe.writes.get(), F_SETFL, O_NONBLOCK), 0);
    std::thread reader{[&] {
        char one = 0;
        EXPECT_EQ(read(pipe.reads.get(), &one, 1), 1);
        pipe.reads.reset();
    }};
    append(out.buffer(), numbered_lines(200000));
    EXPECT_NO_THROW(out.flush());
    reader.join();
    EXPECT_TRUE(out.closed());
}

} // namespace

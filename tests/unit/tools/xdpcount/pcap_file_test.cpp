// SPDX-License-Identifier: BSD-2-Clause
// Files and pipes that --pcap cannot write whole.
#include "base/fd.hpp"
#include "unit/files.hpp"
#include "xdpcount/pcap_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace snoop::xdpcount {
namespace {

constexpr std::size_t file_header = 24, packet_header = 16, packet_bytes = 1000;

// PcapFile writes to what is stdout when it is made.
class Stdout {
public:
    explicit Stdout(int fd) : before_(dup(STDOUT_FILENO)) { dup2(fd, STDOUT_FILENO); }
    ~Stdout() { dup2(before_.get(), STDOUT_FILENO); }
    Stdout(const Stdout &) = delete;
    Stdout &operator=(const Stdout &) = delete;

private:
    const Fd before_;
};

PcapFile on(int fd)
{
    const Stdout out{fd};
    return PcapFile{"-", PcapFile::ethernet, packet_bytes};
}

void add(PcapFile &file, std::size_t packets)
{
    const std::vector<std::byte> bytes(packet_bytes);
    for (std::size_t i = 0; i < packets; i++)
        file.add({i, packet_bytes, bytes});
}

TEST(PcapFile, CutsItsOwnBytesToWholePackets)
{
    const TempDir dir;
    const Fd fd{open((dir / "stdout").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    const std::string before = "what was there before";
    ASSERT_EQ(write(fd.get(), before.data(), before.size()), static_cast<ssize_t>(before.size()));
    PcapFile file = on(fd.get());

    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit low{before.size() + file_header + 2 * (packet_header + packet_bytes) + 100, limit.rlim_max};
    auto *const handler = std::signal(SIGXFSZ, SIG_IGN); // as base/stop.hpp does
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
    add(file, 5);
    file.flush();
    file.finish();
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, handler);

    struct stat info {};
    ASSERT_EQ(fstat(fd.get(), &info), 0);
    EXPECT_EQ(static_cast<std::size_t>(info.st_size), before.size() + file_header + 2 * (packet_header + packet_bytes));
    std::string kept(before.size(), 0);
    ASSERT_EQ(pread(fd.get(), kept.data(), kept.size(), 0), static_cast<ssize_t>(kept.size()));
    EXPECT_EQ(kept, before);
    EXPECT_TRUE(file.closed());
    EXPECT_EQ(file.packets(), 2u);
    EXPECT_EQ(file.lost(), 3u);
    ASSERT_TRUE(file.failure());
    EXPECT_THAT(*file.failure(), testing::HasSubstr("File too large (EFBIG); it holds 2 whole packets"));
}

std::atomic<int> interruptions;

// A signal starts a timer that interrupts each call; a reader who comes a little later still gets everything.
TEST(PcapFile, WaitsForTheReaderThroughInterruptions)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd reads{ends[0]};
    Fd writes{ends[1]};
    std::size_t received = 0;
    PcapFile file = on(writes.get());
    writes.reset();

    struct sigaction counts {
    }, before{};
    counts.sa_handler = [](int) { interruptions++; };
    ASSERT_EQ(sigaction(SIGALRM, &counts, &before), 0);
    const auto main_thread = pthread_self();
    add(file, 200); // more than a pipe holds
    std::thread reader{[&] {
        std::array<char, 4096> part{};
        while (interruptions < 1000)
            pthread_kill(main_thread, SIGALRM);
        for (ssize_t n = 0; (n = read(reads.get(), part.data(), part.size())) > 0;)
            received += static_cast<std::size_t>(n);
    }};
    file.finish();
    EXPECT_EQ(file.packets(), 200u);
    EXPECT_EQ(file.lost(), 0u);
    file = PcapFile{"/dev/null", PcapFile::ethernet, packet_bytes}; // closes the pipe
    reader.join();
    sigaction(SIGALRM, &before, nullptr);
    EXPECT_EQ(received, file_header + 200 * (packet_header + packet_bytes));
}

} // namespace
} // namespace snoop::xdpcount

// SPDX-License-Identifier: BSD-2-Clause
// openguard: a link(2) that began before the programs were attached, and makes its name when all guards are in place.
#include "base/error.hpp"
#include "openguard/openguard.hpp"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace snoop::test {
namespace {

// A page that does not exist until it is filled: who reads it waits.
class MissingPage {
public:
    MissingPage()
    {
        uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
        uffdio_register range{.range = {address(), size()}, .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
        if (!fd_ || ioctl(fd_.get(), UFFDIO_API, &api) != 0 || ioctl(fd_.get(), UFFDIO_REGISTER, &range) != 0)
            throw std::runtime_error("userfaultfd: " + describe_errno(errno));
    }
    ~MissingPage() { munmap(page_, size()); }
    MissingPage(const MissingPage &) = delete;
    MissingPage &operator=(const MissingPage &) = delete;

    [[nodiscard]] const void *data() const { return page_; }
    void fill()
    {
        uffdio_zeropage zero{.range = {address(), size()}, .mode = 0, .zeropage = 0};
        EXPECT_EQ(ioctl(fd_.get(), UFFDIO_ZEROPAGE, &zero), 0);
    }

private:
    [[nodiscard]] __u64 address() const { return reinterpret_cast<__u64>(page_); }
    static std::size_t size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

    void *const page_ = mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const Fd fd_{static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))};
};

// Whether a thread waits in the kernel, in this system call.
bool waits_in(pid_t tid, long call)
{
    return read_file(fmt::format("/proc/{}/syscall", tid)).starts_with(fmt::format("{} ", call));
}

// The writer holds the lock of the file's inode while it waits for the page. The link has asked the security modules
// and waits for that lock.
TEST_F(Openguard, LinkInFlightAtStart)
{
    SNOOP_NEEDS(uffd);
    const std::string keys = dir.folder("keys"), secret = dir.file("keys/secret", "secret"),
                      outside = dir.at("outside");
    const Fd file{::open(secret.c_str(), O_WRONLY | O_CLOEXEC)};
    MissingPage page;
    std::atomic<pid_t> writer_tid{0};
    // A thread, since the page is missing in this process alone.
    std::thread writer{[&] {
        writer_tid = gettid();
        EXPECT_EQ(write(file.get(), page.data(), 1), 1);
    }};
    ASSERT_TRUE(eventually([&] { return writer_tid != 0 && waits_in(writer_tid, SYS_write); }));
    Process linker{[&] { _exit(linkat(AT_FDCWD, secret.c_str(), AT_FDCWD, outside.c_str(), 0) == 0 ? 0 : 1); }};
    ASSERT_TRUE(eventually([&] { return waits_in(linker.pid(), SYS_linkat); }));
    ToolRun tool{"openguard", {"--enforce", keys}};

    EXPECT_EQ(inode_of(outside), 0u);
    page.fill();
    writer.join();
    EXPECT_EQ(linker.wait().status, 0);
    EXPECT_EQ(by_child([&] { return open_it(outside); }).err, EPERM);
    EXPECT_EQ(tool.stop(), 0);
}

} // namespace
} // namespace snoop::test

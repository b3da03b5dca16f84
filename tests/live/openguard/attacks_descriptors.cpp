// SPDX-License-Identifier: BSD-2-Clause
// Attacks by descriptors, handles, io_uring and exec.
#include "fixtures.hpp"
#include "open_ways.hpp"
#include "openguard/attack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::test {
namespace {

constexpr unsigned reads_handles = 1u << CAP_DAC_READ_SEARCH;

// Opens the file without access to its contents.
struct Located {
    explicit Located(const std::string &path, int flags = 0) : fd(open(path.c_str(), O_PATH | O_CLOEXEC | flags)) {}
    ~Located() { close(fd); }
    Located(const Located &) = delete;
    Located &operator=(const Located &) = delete;

    [[nodiscard]] std::string in_proc() const { return fmt::format("/proc/self/fd/{}", fd); }

    const int fd;
};

int reopens(const Arena &a) { return reads(Located{a.secret}.in_proc()); }

int reads_linked(const Arena &a, const char *path, int fd, int flags)
{
    const std::string name = a.outside("linked");

    if (tell(linkat(fd, path, AT_FDCWD, name.c_str(), flags)) != 0)
        return errno;
    const int err = reads(name);
    unlink(name.c_str());
    return err;
}

int opens_by_handle(const Arena &a)
{
    const int mount = open(a.out.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int fd = open_call(Opener::handle, {.path = a.secret, .dirfd = mount});

    errno = -fd;
    const int err = fd < 0 ? tell(-1) : reads(fd);
    close(mount);
    return err;
}

template <bool two, bool async> int opens_by_uring(const Arena &a)
{
    const int fd = open_by_uring({.path = a.secret}, two, async);

    errno = -fd;
    return fd < 0 ? tell(-1) : reads(fd);
}

int executes_located(const Arena &a)
{
    return apart([&] {
        const int fd = open(a.program.c_str(), O_PATH | O_CLOEXEC);
        char *const argv[] = {const_cast<char *>("program"), nullptr};
        return tell(syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH));
    });
}

// A program whose ELF interpreter is guarded.
void prepare_loader(const Arena &a)
{
    write_file(a.inner + "/loader", loader_bytes(), 0755);
    write_file(a.outside("program"), dynamic_program_bytes(a.inner + "/loader"), 0755);
}

// Another process gets a descriptor, and opens the file by it.
int passes_descriptor(const Arena &a)
{
    return pass_on(Located{a.secret}.fd, [](int fd) { return reads(fmt::format("/proc/self/fd/{}", fd)); });
}

// Copies the file without reading it.
template <ssize_t (*copy)(int in, int out)> int copies(const Arena &a)
{
    const int in = open(a.secret.c_str(), O_RDONLY | O_CLOEXEC), err = tell(in);
    const int out = open(a.outside("copy").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (in >= 0)
        copy(in, out);
    const bool won = has_secret(out);
    close(out);
    close(in);
    return won ? 0 : err ? err : EIO;
}
ssize_t by_sendfile(int in, int out) { return sendfile(out, in, nullptr, 64); }
ssize_t by_copy_file_range(int in, int out) { return copy_file_range(in, nullptr, out, nullptr, 64, 0); }
ssize_t by_splice(int in, int out)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    splice(in, nullptr, ends[1], nullptr, 64, 0);
    const ssize_t n = splice(ends[0], nullptr, out, nullptr, 64, 0);
    close(ends[0]);
    close(ends[1]);
    return n;
}
ssize_t by_mmap(int in, int out)
{
    void *at = mmap(nullptr, 6, PROT_READ, MAP_SHARED, in, 0);
    return at == MAP_FAILED ? -1 : write(out, at, 6);
}

} // namespace

std::vector<Attack> descriptors()
{
    return {
        {.name = "reopened_by_proc", .attempt = reopens},
        {.name = "located_before",
         .attempt =
             [](const Arena &a) {
                 static const Located inner{a.inner};
                 return reads(openat(inner.fd, "secret", O_RDONLY | O_CLOEXEC));
             }},
        {.name = "directory_entered_by_descriptor",
         .attempt = [](const Arena &a) { return fchdir(Located{a.inner}.fd) == 0 ? reads("./secret") : errno; }},
        {.name = "linked_by_proc",
         .attempt =
             [](const Arena &a) {
                 return reads_linked(a, Located{a.secret}.in_proc().c_str(), AT_FDCWD, AT_SYMLINK_FOLLOW);
             }},
        {.name = "linked_by_empty_path",
         .attempt = [](const Arena &a) { return reads_linked(a, "", Located{a.secret}.fd, AT_EMPTY_PATH); },
         .keeps = reads_handles},
        {.name = "handle", .attempt = opens_by_handle, .keeps = reads_handles},
        {.name = "uring", .attempt = opens_by_uring<false, false>, .needs = Hook::uring},
        {.name = "uring_by_worker", .attempt = opens_by_uring<false, true>, .needs = Hook::uring},
        {.name = "uring_openat2", .attempt = opens_by_uring<true, false>, .needs = Hook::uring},
        {.name = "exec", .attempt = [](const Arena &a) { return executes(a.program); }},
        {.name = "exec_by_descriptor", .attempt = executes_located},
        {.name = "script_of_guarded_interpreter",
         .attempt = [](const Arena &a) { return executes(a.outside("script")); },
         .prepare = [](const Arena &a) { write_file(a.outside("script"), "#!" + a.program + "\n", 0755); }},
        {.name = "guarded_script",
         .attempt = [](const Arena &a) { return executes(a.inner + "/script"); },
         .prepare = [](const Arena &a) { write_file(a.inner + "/script", "#!/bin/true\n", 0755); }},
        {.name = "guarded_loader",
         .attempt = [](const Arena &a) { return executes(a.outside("program")); },
         .prepare = prepare_loader},
        {.name = "descriptor_passed", .attempt = passes_descriptor},
        {.name = "sendfile", .attempt = copies<by_sendfile>},
        {.name = "splice", .attempt = copies<by_splice>},
        {.name = "copy_file_range", .attempt = copies<by_copy_file_range>},
        {.name = "mmap", .attempt = copies<by_mmap>},
    };
}

} // namespace snoop::test

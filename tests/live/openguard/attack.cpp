// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/attack.hpp"

#include "fixtures.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <stdexcept>
#include <string_view>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

constexpr std::string_view secret_text = "secret";

// This process adds to the counts of the battle that it takes part in.
Tally uncounted, *counts = &uncounted;

void count(std::uint64_t &number) { __atomic_fetch_add(&number, 1, __ATOMIC_SEQ_CST); }

void become_attacker(unsigned capabilities)
{
    prctl(PR_SET_KEEPCAPS, capabilities != 0);
    become(attacker, attacker);
    if (capabilities) {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct data[2]{{.effective = capabilities, .permitted = capabilities, .inheritable = 0}, {}};
        if (syscall(SYS_capset, &header, data) != 0)
            throw std::runtime_error("capset");
    }
    // Or root would own his /proc/self.
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

} // namespace

std::chrono::seconds attack_time()
{
    const char *text = std::getenv("SNOOP_SOAK");
    const long count = text ? std::strtol(text, nullptr, 10) : 0;

    return std::chrono::seconds{count > 0 ? count : 1};
}

Arena::Arena(const TempDir &dir, const std::string &name)
    : top(dir.folder(name)),
      keys(dir.folder(name + "/keys")),
      inner(dir.folder(name + "/keys/inner")),
      secret(dir.file(name + "/keys/inner/secret", secret_text)),
      program(dir.program(name + "/keys/inner/program")),
      out(dir.folder(name + "/out")),
      decoys(dir.folder(name + "/out/decoys"))
{
    const std::string decoy = dir.file(name + "/out/decoys/secret", "decoy");

    for (const std::string &path : {top, keys, inner, secret, program, out, decoys, decoy})
        if (chown(path.c_str(), attacker, attacker) != 0)
            throw std::runtime_error("chown " + path);
}

int tell(long ret)
{
    const int err = ret < 0 ? errno : 0;

    if (err == EPERM)
        count(counts->denied);
    return err;
}

int opened(int fd)
{
    const int err = tell(fd);

    if (fd >= 0)
        close(fd);
    return err;
}

bool has_secret(int fd)
{
    std::array<char, secret_text.size()> text{};

    return pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
           std::string_view{text.data(), text.size()} == secret_text;
}

int reads(int fd)
{
    const bool found = fd >= 0 && has_secret(fd);
    const int err = opened(fd);

    return err || found ? err : EIO;
}

int reads(const std::string &path) { return reads(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

int either(int a, int b) { return a ? b : a; }

int apart(const std::function<int()> &body)
{
    const pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(body());
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

int in_user_namespace(const std::function<int()> &body)
{
    return apart([&] {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return errno;
        try {
            tell_kernel("/proc/self/setgroups", "deny");
            tell_kernel("/proc/self/uid_map", "0 1000 1");
            tell_kernel("/proc/self/gid_map", "0 1000 1");
        } catch (const std::exception &) {
            return errno;
        }
        return body();
    });
}

int mounts(const std::string &from, const std::string &to, unsigned long flags, const char *type,
           const std::string &options)
{
    mkdir(to.c_str(), 0755);
    return mount(from.c_str(), to.c_str(), type, flags, options.c_str()) == 0 ? 0 : errno;
}

namespace {

// A message of one byte with a descriptor.
struct Message {
    Message()
    {
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
    Message(const Message &) = delete;
    Message &operator=(const Message &) = delete;

    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
};

} // namespace

int pass_on(int fd, const std::function<int(int)> &use)
{
    int ends[2];
    Message sent;
    cmsghdr *part = CMSG_FIRSTHDR(&sent.header);

    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &fd, sizeof(int));
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0 || sendmsg(ends[0], &sent.header, 0) != 1)
        return errno;
    const int err = apart([&] {
        Message got;
        int passed = -1;
        close(fd);
        if (recvmsg(ends[1], &got.header, 0) != 1)
            return errno;
        std::memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&got.header)), sizeof(int));
        return use(passed);
    });
    close(ends[0]);
    close(ends[1]);
    return err;
}

int executes(const std::string &path)
{
    return apart([&] {
        execl(path.c_str(), path.c_str(), nullptr);
        return tell(-1);
    });
}

Battle::Battle(const Attack &attack, const Arena &arena)
{
    auto [prepared, to_tell] = make_pipe();

    process_.emplace([&, &to_tell = to_tell] {
        counts = &*tally_;
        if (attack.prepare)
            attack.prepare(arena);
        to_tell.reset();
        gate_.wait();
        become_attacker(attack.keeps);
        std::optional<Process> rival;
        if (attack.rival)
            rival.emplace([&] {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                    attack.rival(arena);
            });
        while (!__atomic_load_n(&counts->stop, __ATOMIC_SEQ_CST)) {
            const int err = attack.attempt(arena);
            counts->last_error = err;
            count(counts->tries);
            if (err == 0)
                count(counts->won);
        }
    });
    to_tell.reset();
    if (!wait_readable(prepared.get(), limit()))
        throw std::runtime_error("the attack cannot be prepared");
}

void Battle::end()
{
    __atomic_store_n(&tally_->stop, true, __ATOMIC_SEQ_CST);
    if (const int status = process_->wait().status)
        throw std::runtime_error(fmt::format("the attacker ended with status {:#x}", status));
}

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Writes the system-call filters of the tools as a C++ header; the build runs it.
//     seccomp_filters x86|arm64 > seccomp_filters.h
// Everything that is not listed here fails with EPERM, and so does every call of another ABI (32-bit, x32). Flags,
// commands and ioctls have the same values on both architectures, so the headers of the build machine are enough.
#include <asm/termbits.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Arguments = std::vector<scmp_arg_cmp>;

[[noreturn]] void fail(const char *what, int err)
{
    std::fprintf(stderr, "seccomp_filters: %s: %s\n", what, std::strerror(err));
    std::exit(1);
}

// Comes before libseccomp's program, which knows the calls of its own release only. A C library that tries a newer call
// first is told what an older kernel would tell it, and takes its other way. uretprobe and uprobe are calls that x86-64
// itself puts where a function is probed, as by funclat: refused, they would crash the tool (6.11 to 6.13).
std::vector<sock_filter> beginning(std::uint32_t architecture)
{
    constexpr std::uint32_t newest = 441, // epoll_pwait2 (5.11); all architectures have the same since 424
        uretprobe = 335, uprobe = 336,    // arm64 has none of these numbers
        x32 = 0x40000000;

    return {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 0, 7),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, uretprobe, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, uprobe, 1, 2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
}

void print(const sock_filter &at) { std::printf("    {0x%02x, %u, %u, 0x%08x},\n", at.code, at.jt, at.jf, at.k); }

class Filter {
public:
    explicit Filter(std::uint32_t architecture)
        : architecture_(architecture), context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)))
    {
        if (!context_)
            fail("seccomp_init", ENOMEM);
        check("the architecture", seccomp_arch_remove(context_, SCMP_ARCH_NATIVE));
        check("the architecture", seccomp_arch_add(context_, architecture));
        // A binary tree: at each start, the kernel runs the filter for every number of a call (since 5.11).
        check("the tree", seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2));
        check("other ABIs", seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)));
    }
    ~Filter() { seccomp_release(context_); }
    Filter(const Filter &) = delete;
    Filter &operator=(const Filter &) = delete;

    // Those that the architecture does not have are left out.
    void allow(std::initializer_list<int> calls)
    {
        for (const int call : calls)
            add(SCMP_ACT_ALLOW, call, {});
    }
    void allow_if(int call, const Arguments &arguments) { add(SCMP_ACT_ALLOW, call, arguments); }
    void deny_as_unknown(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

    void print_as(const char *name) const
    {
        std::FILE *file = std::tmpfile();
        if (!file)
            fail("a temporary file", errno);
        check("the export", seccomp_export_bpf(context_, fileno(file)));
        std::rewind(file);
        std::printf("inline constexpr sock_filter %s[] = {\n", name);
        for (const sock_filter &at : beginning(architecture_))
            print(at);
        for (sock_filter at{}; std::fread(&at, sizeof(at), 1, file) == 1;)
            print(at);
        std::printf("};\n");
        std::fclose(file);
    }

private:
    static void check(const char *what, int result)
    {
        if (result < 0)
            fail(what, -result);
    }
    void add(std::uint32_t action, int call, const Arguments &arguments)
    {
        check("a rule", seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(arguments.size()),
                                               arguments.data()));
    }

    std::uint32_t architecture_;
    scmp_filter_ctx context_;
};

// The kernel takes them as numbers of 32 bits: a caller may leave anything in the upper half of the register.
scmp_arg_cmp equals(unsigned argument, std::uint64_t value)
{
    return {argument, SCMP_CMP_MASKED_EQ, std::uint64_t{UINT32_MAX}, value};
}
scmp_arg_cmp is_null(unsigned argument) { return {argument, SCMP_CMP_EQ, 0, 0}; }
scmp_arg_cmp has_none(unsigned argument, std::uint64_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, 0}; }
scmp_arg_cmp has_only(unsigned argument, std::uint64_t bits, std::uint64_t of)
{
    return {argument, SCMP_CMP_MASKED_EQ, of, bits};
}

void add_memory_and_time(Filter &filter)
{
    filter.allow({SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
                  SCMP_SYS(membarrier), SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(getrandom),
                  SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
                  SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(timer_settime), SCMP_SYS(timer_delete)});
    filter.allow_if(SCMP_SYS(mmap), {has_none(2, PROT_EXEC)});
    filter.allow_if(SCMP_SYS(mprotect), {has_none(2, PROT_EXEC)});
}

// Only what is open already can be written.
void add_files(Filter &filter)
{
    constexpr std::uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

    filter.allow({SCMP_SYS(read),       SCMP_SYS(readv),      SCMP_SYS(pread64),     SCMP_SYS(write),
                  SCMP_SYS(writev),     SCMP_SYS(lseek),      SCMP_SYS(ftruncate),   SCMP_SYS(close),
                  SCMP_SYS(fcntl),      SCMP_SYS(dup),        SCMP_SYS(pipe2),       SCMP_SYS(fstat),
                  SCMP_SYS(stat),       SCMP_SYS(lstat),      SCMP_SYS(newfstatat),  SCMP_SYS(statx),
                  SCMP_SYS(statfs),     SCMP_SYS(fstatfs),    SCMP_SYS(access),      SCMP_SYS(faccessat),
                  SCMP_SYS(faccessat2), SCMP_SYS(readlink),   SCMP_SYS(readlinkat),  SCMP_SYS(getdents64),
                  SCMP_SYS(getcwd),     SCMP_SYS(poll),       SCMP_SYS(ppoll),       SCMP_SYS(epoll_create1),
                  SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
                  SCMP_SYS(shutdown)}); // of the socket to snoop-export: no more rows
    filter.allow_if(SCMP_SYS(open), {has_none(1, writes)});
    filter.allow_if(SCMP_SYS(openat), {has_none(2, writes)});
    // Its flags are in memory, where no filter can read them. Who calls it can do without.
    filter.deny_as_unknown(SCMP_SYS(openat2));
    // Sizes and modes of the terminal; TIOCSTI, which types into it, is not among them. The last four with 64-bit
    // speeds, which glibc uses since 2.42. Perf events are disabled when their program is detached.
    for (const std::uint64_t request :
         std::initializer_list<std::uint64_t>{TIOCGWINSZ, TCGETS, TCSETS, TCSETSW, TCSETSF, TCGETS2, TCSETS2, TCSETSW2,
                                              TCSETSF2, FIONREAD, PERF_EVENT_IOC_DISABLE})
        filter.allow_if(SCMP_SYS(ioctl), {equals(1, request)});
}

void add_processes(Filter &filter)
{
    filter.allow({SCMP_SYS(getpid),      SCMP_SYS(gettid),
                  SCMP_SYS(getppid),     SCMP_SYS(getpgid),
                  SCMP_SYS(getpgrp),     SCMP_SYS(getuid),
                  SCMP_SYS(geteuid),     SCMP_SYS(getgid),
                  SCMP_SYS(getegid),     SCMP_SYS(uname),
                  SCMP_SYS(sysinfo),     SCMP_SYS(getrlimit),
                  SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
                  SCMP_SYS(getcpu),      SCMP_SYS(wait4),
                  SCMP_SYS(waitid),      SCMP_SYS(exit),
                  SCMP_SYS(exit_group),  SCMP_SYS(restart_syscall)});
    filter.allow_if(SCMP_SYS(prlimit64), {is_null(2)}); // reads
    // raise(), abort(), and signals that are passed on to the command.
    filter.allow({SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
                  SCMP_SYS(tgkill), SCMP_SYS(tkill), SCMP_SYS(pidfd_send_signal)});
    // A process that detaches many probes in the background (attach/detach.cpp).
    filter.allow({SCMP_SYS(fork), SCMP_SYS(setsid)});
    filter.allow_if(SCMP_SYS(clone),
                    {has_none(0, ~std::uint64_t{CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CSIGNAL})});
    filter.deny_as_unknown(SCMP_SYS(clone3)); // as openat2
}

// Reads and changes maps that are open: counters, verdicts on cgroups, what was read.
void add_bpf(Filter &filter)
{
    for (const std::uint64_t command :
         std::initializer_list<std::uint64_t>{BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
                                              BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_BATCH, BPF_OBJ_GET_INFO_BY_FD})
        filter.allow_if(SCMP_SYS(bpf), {equals(0, command)});
}

// The C library answers getpwuid_r() by plug-ins, which it loads at the first question, and which ask services of this
// machine: nscd, sssd, systemd-userdbd.
void add_user_names(Filter &filter)
{
    filter.allow_if(SCMP_SYS(mmap), {has_only(2, PROT_EXEC, PROT_EXEC | PROT_WRITE), has_none(3, MAP_ANONYMOUS)});
    // libcap, which that of systemd uses, looks at its own when it is loaded.
    filter.allow_if(SCMP_SYS(prctl), {equals(0, PR_CAPBSET_READ)});
    filter.allow_if(SCMP_SYS(socket), {equals(0, AF_UNIX)});
    filter.allow({SCMP_SYS(capget), SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
                  SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
                  SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
                  SCMP_SYS(eventfd2), SCMP_SYS(select), SCMP_SYS(pselect6)});
}

// xdpcount asks for the names of interfaces, for which any socket serves, and removes its tc filter by netlink. No
// message can have an address.
void add_network(Filter &filter)
{
    for (const int family : {AF_UNIX, AF_NETLINK})
        filter.allow_if(SCMP_SYS(socket), {equals(0, static_cast<std::uint64_t>(family))});
    filter.allow_if(SCMP_SYS(ioctl), {equals(1, SIOCGIFNAME)});
    filter.allow_if(SCMP_SYS(sendto), {is_null(4)});
    filter.allow({SCMP_SYS(bind), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(setsockopt), SCMP_SYS(getsockname)});
}

void print_filter(const char *name, std::uint32_t architecture, void (*add_more)(Filter &))
{
    Filter filter{architecture};

    add_memory_and_time(filter);
    add_files(filter);
    add_processes(filter);
    add_bpf(filter);
    if (add_more)
        add_more(filter);
    filter.print_as(name);
}

} // namespace

int main(int argc, char **argv)
{
    const std::string_view name = argc == 2 ? argv[1] : "";

    if (name != "x86" && name != "arm64") {
        std::fprintf(stderr, "usage: seccomp_filters x86|arm64\n");
        return 2;
    }
    const std::uint32_t architecture = name == "x86" ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
    std::printf("// Generated by cmake/seccomp_filters.cpp.\n#pragma once\n\n#include <linux/filter.h>\n\n");
    print_filter("seccomp_filter_plain", architecture, nullptr);
    print_filter("seccomp_filter_user_names", architecture, add_user_names);
    print_filter("seccomp_filter_network", architecture, add_network);
}

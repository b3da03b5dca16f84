// SPDX-License-Identifier: BSD-2-Clause
// The functions that calls.cpp calls: each counts its calls and those that return, and leaves in a way of its own.
// Included once, so that a compiler sees all of it.
//     TRACED int calls_…(…) { const Counted call{…}; …; call.returns(); }
#pragma once

#include <coroutine>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

namespace {

struct Counts {
    long calls, returned;
};

void add(long &to) { __atomic_fetch_add(&to, 1, __ATOMIC_RELAXED); }

// Counts a call when it begins, and its return.
struct Counted {
    explicit Counted(Counts &counts) : counts_(counts) { add(counts_.calls); }
    void returns() const { add(counts_.returned); }

    Counts &counts_;
};

volatile int sink;
void work(int n)
{
    for (int i = 0; i < n; i++)
        sink = sink + i;
}

constexpr int final_status = 7;

Counts recursive, tail_first, tail_last, thrown, jumped, on_coroutine, forked, vforked, handled, ended, split, chosen,
    either, faulted, resumed;
jmp_buf checkpoint;
ucontext_t back, coroutines[3];
alignas(16) char stacks[3][65536];

} // namespace

#define TRACED extern "C" __attribute__((noinline, used, noclone))

TRACED int calls_recursive(int depth)
{
    const Counted call{recursive};
    work(10);
    const int below = depth > 1 ? calls_recursive(depth - 1) : 0;
    call.returns();
    return below + 1;
}

TRACED int calls_tail_last(int n)
{
    const Counted call{tail_last};
    work(n);
    call.returns();
    return n;
}

TRACED int calls_tail_first(int n)
{
    add(tail_first.calls);
    add(tail_first.returned);
    return calls_tail_last(n + 1); // a jump
}

TRACED int calls_either(int n)
{
    add(either.calls);
    add(either.returned);
    if (n % 2)
        return calls_tail_last(n); // a jump, on a condition
    return n;
}

TRACED int calls_thrown(int depth)
{
    const Counted call{thrown};
    if (depth == 0)
        throw std::runtime_error("unwinds");
    const int below = calls_thrown(depth - 1);
    call.returns();
    return below + 1;
}

TRACED int calls_jumped(int depth)
{
    const Counted call{jumped};
    if (depth == 0)
        std::longjmp(checkpoint, 1);
    const int below = calls_jumped(depth - 1);
    call.returns();
    return below + 1;
}

// Returns on the stack on which it was called, after others have run.
TRACED void calls_on_coroutine(int which)
{
    const Counted call{on_coroutine};
    swapcontext(&coroutines[which], &back);
    work(100);
    call.returns();
}

namespace {

// A coroutine of C++20, whose frame is on the heap.
struct Resumable {
    struct promise_type {
        Resumable get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

Resumable suspends(int times)
{
    for (int i = 0; i < times; i++) {
        work(10);
        co_await std::suspend_always{};
    }
}

void *resume(void *coroutine)
{
    std::coroutine_handle<>::from_address(coroutine).resume();
    return nullptr;
}

} // namespace

// Returns when the coroutine is suspended for the first time; other threads go on with it.
TRACED void *calls_resumed(int times)
{
    const Counted call{resumed};
    const auto handle = suspends(times).handle;
    call.returns();
    return handle.address();
}

TRACED pid_t calls_forked()
{
    const Counted call{forked};
    const pid_t pid = fork();
    if (pid > 0)
        waitpid(pid, nullptr, 0);
    call.returns(); // the child's counts are its own
    return pid;
}

TRACED int calls_vforked()
{
    const Counted call{vforked};
    const pid_t pid = vfork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, nullptr, 0);
    call.returns();
    return 0;
}

TRACED void calls_handled(int n)
{
    const Counted call{handled};
    if (n > 0)
        raise(SIGUSR1);
    call.returns();
}

TRACED void calls_ended(int how)
{
    const Counted call{ended};
    if (how == 1)
        syscall(SYS_exit, 0); // ends this thread here and now
    if (how == 2)
        pthread_exit(nullptr); // unwinds the stack first
    call.returns();
}

// Calls nothing. Its caller does not know whether an exception leaves it.
TRACED int calls_faulted(const volatile int *from)
{
    faulted.calls++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const int value = *from;
    faulted.returned++;
    return value;
}

TRACED void calls_exits()
{
    std::printf("calls_exits 1 0\n");
    std::exit(final_status);
}

[[gnu::cold, gnu::noinline]] void complain(int n) { std::fprintf(stderr, "%s", n > 1000 ? "never" : ""); }

// The compiler moves the rare part away.
TRACED int calls_split(int n)
{
    const Counted call{split};
    if (__builtin_expect(n % 3 == 0, 0)) {
        complain(n);
        work(n);
        complain(n + 1);
    }
    call.returns();
    return n;
}

// A jump table.
TRACED int calls_chosen(int n)
{
    const Counted call{chosen};
    int result = 0;
    switch (n % 8) {
    case 0:
        work(1);
        result = 3;
        break;
    case 1:
        work(20);
        result = sink;
        break;
    case 2:
        work(3);
        result = n * 7;
        break;
    case 3: result = getppid(); break;
    case 4:
        work(50);
        result = ~n;
        break;
    case 5: result = sink / 3; break;
    case 6:
        work(7);
        result = n ^ sink;
        break;
    default: work(9); result = n << 1;
    }
    call.returns();
    return result;
}

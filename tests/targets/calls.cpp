// SPDX-License-Identifier: BSD-2-Clause
// Calls functions in one way or another, and says itself what became of the calls.
//     calls SHAPE      prints "FUNCTION CALLS RETURNED" for each function, and exits with 7
#include <coroutine>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

void print(const char *name, const Counts &counts)
{
    std::printf("%s %ld %ld\n", name, counts.calls, counts.returned);
    std::fflush(stdout);
}

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

namespace {

void handler(int) { calls_handled(0); }

void coroutine(int which)
{
    for (int i = 0; i < 5; i++)
        calls_on_coroutine(which);
}

void run_coroutines()
{
    for (int i = 0; i < 3; i++) {
        getcontext(&coroutines[i]);
        coroutines[i].uc_stack.ss_sp = stacks[i];
        coroutines[i].uc_stack.ss_size = sizeof(stacks[i]);
        coroutines[i].uc_link = &back;
        makecontext(&coroutines[i], reinterpret_cast<void (*)()>(coroutine), 1, i);
    }
    for (int turn = 0; turn < 6; turn++)
        for (ucontext_t &one : coroutines)
            swapcontext(&back, &one);
}

[[noreturn]] void throw_fault(int) { throw std::runtime_error("a fault"); }

int run_faults()
{
    int (*volatile read)(const volatile int *) = calls_faulted;
    int caught = 0;
    struct sigaction action {};
    action.sa_handler = throw_fault;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    for (int i = 0; i < 100; i++)
        try {
            sink = read(i % 2 ? &i : nullptr);
        } catch (const std::runtime_error &) {
            caught++;
        }
    return caught;
}

void run_resumed()
{
    for (int i = 0; i < 30; i++) {
        void *const coroutine = calls_resumed(3);
        const auto handle = std::coroutine_handle<>::from_address(coroutine);
        for (; !handle.done();) {
            pthread_t thread{};
            pthread_create(&thread, nullptr, resume, coroutine);
            pthread_join(thread, nullptr);
        }
        handle.destroy();
    }
}

void run_handlers()
{
    stack_t other{};
    other.ss_sp = std::malloc(65536);
    other.ss_size = 65536;
    sigaltstack(&other, nullptr);
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    for (int i = 0; i < 50; i++)
        calls_handled(1);
}

void *end_thread(void *how)
{
    calls_ended(static_cast<int>(reinterpret_cast<long>(how)));
    return nullptr;
}

void run_threads()
{
    for (long i = 0; i < 60; i++) {
        pthread_t thread{};
        pthread_create(&thread, nullptr, end_thread, reinterpret_cast<void *>(i % 3));
        pthread_join(thread, nullptr);
    }
}

} // namespace

int main(int argc, char **argv)
{
    const char *shape = argc > 1 ? argv[1] : "";
    const auto is = [shape](const char *name) { return std::strcmp(shape, name) == 0; };

    if (is("recursive")) {
        for (const int depth : {1, 5, 64, 65, 100})
            calls_recursive(depth);
        print("calls_recursive", recursive);
    } else if (is("tail")) {
        for (int i = 0; i < 100; i++)
            sink = calls_tail_first(i);
        print("calls_tail_first", tail_first);
        print("calls_tail_last", tail_last);
    } else if (is("either")) {
        for (int i = 0; i < 100; i++)
            sink = calls_either(i);
        print("calls_either", either);
        print("calls_tail_last", tail_last);
    } else if (is("thrown")) {
        int caught = 0;
        for (int i = 0; i < 100; i++)
            try {
                calls_thrown(i % 4);
            } catch (const std::runtime_error &) {
                caught++;
            }
        std::printf("# caught %d\n", caught);
        print("calls_thrown", thrown);
    } else if (is("jumped")) {
        for (static int i = 0; i < 100; i++)
            if (setjmp(checkpoint) == 0)
                calls_jumped(i % 4);
        print("calls_jumped", jumped);
    } else if (is("coroutine")) {
        run_coroutines();
        print("calls_on_coroutine", on_coroutine);
    } else if (is("resumed")) {
        run_resumed();
        print("calls_resumed", resumed);
    } else if (is("forked")) {
        for (int i = 0; i < 20; i++)
            if (calls_forked() == 0)
                _exit(0);
        print("calls_forked", forked);
    } else if (is("vforked")) {
        for (int i = 0; i < 20; i++)
            calls_vforked();
        print("calls_vforked", vforked);
    } else if (is("handled")) {
        run_handlers();
        print("calls_handled", handled);
    } else if (is("faulted")) {
        std::printf("# caught %d\n", run_faults());
        print("calls_faulted", faulted);
    } else if (is("ended")) {
        run_threads();
        print("calls_ended", ended);
    } else if (is("exits")) {
        calls_exits();
    } else if (is("split")) {
        for (int i = 0; i < 99; i++)
            sink = calls_split(i);
        print("calls_split", split);
    } else if (is("chosen")) {
        for (int i = 0; i < 100; i++)
            sink = calls_chosen(i);
        print("calls_chosen", chosen);
    } else {
        return 2;
    }
    return final_status;
}

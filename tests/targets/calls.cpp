// SPDX-License-Identifier: BSD-2-Clause
// Calls functions in one way or another, and says itself what became of the calls.
//     calls SHAPE      prints "FUNCTION CALLS RETURNED" for each function, and exits with 7
#include "calls.hpp"

#include <coroutine>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <ucontext.h>
#include <unistd.h>

namespace {

void print(const char *name, const Counts &counts)
{
    std::printf("%s %ld %ld\n", name, counts.calls, counts.returned);
    std::fflush(stdout);
}

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

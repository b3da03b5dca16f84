// SPDX-License-Identifier: BSD-2-Clause
// The functions that funclat's live tests trace, and the worker that calls them.
#include "funclat/funclat.hpp"

#include <csetjmp>
#include <functional>
#include <string>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
// The kernel takes no uprobe at an instruction with a lock prefix.
asm(R"(
	.pushsection .text
	.globl snoop_locked
	.type snoop_locked, @function
snoop_locked:
	lock incl (%rdi)
	ret
	.size snoop_locked, . - snoop_locked
	.popsection
)");
#endif

namespace {

void sleep_ms(int ms)
{
    timespec time{ms / 1000, ms % 1000 * 1'000'000};
    while (nanosleep(&time, &time) != 0) {}
}

} // namespace

extern "C" {

[[gnu::noipa]] int snoop_quick(int n) { return n + 1; }
int snoop_quick_too(int n) __attribute__((alias("snoop_quick"), copy(snoop_quick)));

[[gnu::noipa]] void snoop_sleep(int ms) { sleep_ms(ms); }

[[gnu::noipa]] int snoop_nested(int depth)
{
    sleep_ms(1);
    return depth > 1 ? snoop_nested(depth - 1) + 1 : 1;
}

[[gnu::noipa]] int snoop_deep(int depth) { return depth > 1 ? snoop_deep(depth - 1) + 1 : 1; }

[[gnu::noipa]] void snoop_jump(jmp_buf to) { longjmp(to, 1); }

[[gnu::noipa]] void snoop_die() { syscall(SYS_exit, 0); }
}

namespace snoop_layers {

// Each calls the next one, and the last one sleeps.
template <int depth> [[gnu::noinline]] void layer()
{
    if constexpr (depth > 1)
        layer<depth - 1>();
    else
        sleep_ms(300);
    asm volatile(""); // so that none is a tail call
}

} // namespace snoop_layers

namespace snoop::test {
namespace {

void in_threads(int threads, const std::function<void()> &body)
{
    std::vector<std::thread> all;
    for (int i = 0; i < threads; i++)
        all.emplace_back(body);
    for (auto &thread : all)
        thread.join();
}

void jump_once()
{
    jmp_buf here;
    if (setjmp(here) == 0)
        snoop_jump(here);
}

// Polls a chain of epolls: a function of the kernel calls itself.
int poll_nested(int times)
{
    int inner = eventfd(1, 0), fd = inner;
    epoll_event event{};

    event.events = EPOLLIN;
    for (int i = 0; i < 4; i++) {
        fd = epoll_create1(0);
        if (epoll_ctl(fd, EPOLL_CTL_ADD, inner, &event) != 0)
            return 1;
        inner = fd;
    }
    for (int i = 0; i < times; i++)
        if (epoll_wait(fd, &event, 1, 0) != 1)
            return 1;
    return 0;
}

// "quick N", "threads T N", "sleep T N MS": so many threads, so many times each.
} // namespace

const Load worker{"worker", [](const Args &args) {
                      const std::string &what = args.at(0);
                      const auto number = [&](std::size_t i) { return std::stoi(args.at(i)); };
                      const auto repeat = [](int times, const auto &body) {
                          for (int i = 0; i < times; i++)
                              body();
                      };
                      if (what == "layers")
                          repeat(number(1), snoop_layers::layer<8>);
                      else if (what == "quick")
                          repeat(number(1), [] { snoop_quick(1); });
                      else if (what == "named" && prctl(PR_SET_NAME, args.at(1).c_str()) == 0)
                          repeat(number(2), [] { snoop_quick(1); });
                      else if (what == "threads")
                          in_threads(number(1), [&] { repeat(number(2), [] { snoop_quick(1); }); });
                      else if (what == "sleep")
                          in_threads(number(1), [&] { repeat(number(2), [&] { snoop_sleep(number(3)); }); });
                      else if (what == "sleeps")
                          for (std::size_t i = 1; i < 5; i += 2)
                              repeat(number(i), [&] { snoop_sleep(number(i + 1)); });
                      else if (what == "nested")
                          in_threads(number(1), [&] { snoop_nested(number(2)); });
                      else if (what == "deep")
                          snoop_deep(number(1));
                      else if (what == "jump")
                          repeat(number(1), jump_once);
                      else if (what == "die")
                          repeat(number(1), [] { in_threads(1, snoop_die); });
                      else if (what == "getppid")
                          repeat(number(1), [] { getppid(); });
                      else if (what == "sync")
                          repeat(number(1), [] { sync(); });
                      else if (what == "poll")
                          return poll_nested(number(1));
                      else
                          return 1;
                      return 0;
                  }};

} // namespace snoop::test

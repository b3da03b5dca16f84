// SPDX-License-Identifier: BSD-2-Clause
// Functions that are inlined: three copies of inlined_too, which is also called; two of the first, and one of the
// second inlined_names::S::run; two of inlined_names::hidden, which has no symbol. The argument says how often all are
// called.
#include <cstdlib>

extern "C" {
[[gnu::always_inline, gnu::used]] inline int inlined_too(int n)
{
    asm volatile("nop" : "+r"(n)::"memory");
    return n + 1;
}
}

namespace inlined_names {

struct S {
    [[gnu::always_inline, gnu::used]] static int run(int n) noexcept
    {
        asm volatile("nop" : "+r"(n)::"memory");
        return n + 2;
    }
    [[gnu::always_inline, gnu::used]] static long run(long n) noexcept
    {
        asm volatile("nop" : "+r"(n)::"memory");
        return n + 3;
    }
};

[[gnu::always_inline]] static inline int hidden(int n)
{
    asm volatile("nop" : "+r"(n)::"memory");
    return n + 4;
}

} // namespace inlined_names

using namespace inlined_names;

extern "C" {
[[gnu::noinline]] int inlined_caller(int n) { return inlined_too(n) * inlined_too(n + 1) + S::run(n) + hidden(n); }
[[gnu::noinline]] int inlined_other_caller(int n)
{
    return inlined_too(n) + S::run(n) + static_cast<int>(S::run(1L * n)) + hidden(n);
}
}

int main(int argc, char **argv)
{
    int (*volatile called)(int) = inlined_too;
    const int times = argc > 1 ? std::atoi(argv[1]) : 1;
    int sum = 0;

    for (int i = 0; i < times; i++)
        sum += inlined_caller(i) + inlined_other_caller(i) + called(i);
    return sum == 0;
}

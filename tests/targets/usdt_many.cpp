// SPDX-License-Identifier: BSD-2-Clause
// A program with 1,200 sites of a probe, which hits each once, in the order of their arguments, after stdin has
// ended. Many have the same low bits of their address.
#include <sys/sdt.h>

#include <cstdio>
#include <utility>

template <int number> [[gnu::always_inline]] inline void hit()
{
    asm volatile(".balign 64");
    DTRACE_PROBE1(snooptest, many, number);
}

template <int... numbers> void hit_each(std::integer_sequence<int, numbers...>)
{
    const int each[] = {(hit<numbers>(), 0)...};
    (void)each;
}

int main()
{
    while (std::getchar() != EOF)
        ;
    hit_each(std::make_integer_sequence<int, 1200>{});
    return 0;
}

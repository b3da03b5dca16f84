// SPDX-License-Identifier: BSD-2-Clause
// A thousand functions, many_000 to many_999: each is called as many times as the remainder of its number by 7.
//     many      prints "many CALLS", and exits with 7
#include <cstdio>

namespace {

volatile int sink;

} // namespace

#define ONE(n)                                                                                                         \
    extern "C" __attribute__((noinline, used, noclone)) int many_##n(int x)                                            \
    {                                                                                                                  \
        sink = sink + x;                                                                                               \
        return x % 2 ? sink : 1##n;                                                                                    \
    }
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(0)
HUNDRED(1)
HUNDRED(2)
HUNDRED(3)
HUNDRED(4)
HUNDRED(5)
HUNDRED(6)
HUNDRED(7)
HUNDRED(8)
HUNDRED(9)
#undef ONE
#define ONE(n) many_##n,

namespace {

int (*const functions[])(int) = {HUNDRED(0) HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7)
                                     HUNDRED(8) HUNDRED(9)};

} // namespace

int main()
{
    int calls = 0, number = 0;

    for (const auto function : functions) {
        for (int i = 0; i < number % 7; i++, calls++)
            sink = function(i);
        number++;
    }
    std::printf("many %d\n", calls);
    return 7;
}

// SPDX-License-Identifier: BSD-2-Clause
// Functions of a program with musl's libc; they count their calls themselves.
#include <setjmp.h>
#include <stdio.h>

static long calls, returned, jumps;
static jmp_buf checkpoint;

__attribute__((noinline, noclone)) int calls_recursive(int depth)
{
    calls++;
    const int below = depth > 1 ? calls_recursive(depth - 1) : 0;
    returned++;
    return below + 1;
}

__attribute__((noinline, noclone)) void calls_jumped(void)
{
    jumps++;
    longjmp(checkpoint, 1);
}

int main(void)
{
    calls_recursive(100);
    static volatile int i;
    for (; i < 10; i++)
        if (!setjmp(checkpoint))
            calls_jumped();
    printf("calls_recursive %ld %ld\n", calls, returned);
    printf("calls_jumped %ld 0\n", jumps);
    return 7;
}

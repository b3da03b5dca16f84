// SPDX-License-Identifier: BSD-2-Clause
// Three functions with the same code, which the linker folds into one (CMakeLists.txt tells it to). The argument says
// how often each is called.
#include <cstdlib>

namespace folded_names {

[[gnu::noinline]] int one(int n) { return n * 7 + 3; }
[[gnu::noinline]] int two(int n) { return n * 7 + 3; }

} // namespace folded_names

extern "C" [[gnu::noinline]] int folded_three(int n) { return n * 7 + 3; }

int main(int argc, char **argv)
{
    const int times = argc > 1 ? std::atoi(argv[1]) : 1;
    volatile int sum = 0;

    for (int i = 0; i < times; i++)
        sum = sum + folded_names::one(i) + folded_names::two(i) + folded_three(i);
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Functions of C++ whose names differ in their parameters alone, or contain characters of a pattern.
namespace cxx_names {

struct S {
    [[gnu::noinline, gnu::used]] static int run(int n) noexcept { return n + 3; }
    [[gnu::noinline, gnu::used]] static long run(char *) { return 4; }
    [[gnu::noinline, gnu::used]] int operator[](long n) { return static_cast<int>(n) + 5; }
};

} // namespace cxx_names

int main() { return 0; }

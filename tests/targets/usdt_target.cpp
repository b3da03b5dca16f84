// SPDX-License-Identifier: BSD-2-Clause
// A program with probes, for usdtsnoop to look at: each kind of argument with a value that
// the tests know. Says on stdout what they cannot know.
//     usdt_target mark TEXT [COMM] | types | strings | absent | table | twice | flood N | threads
#include <sys/prctl.h>
#include <sys/sdt.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

// In the note by its name, where the compiler takes it from memory.
extern "C" {
std::int64_t snooptest_table[4] = {10, -11, 12, -13};
}

namespace {

void mark(const char *text) { DTRACE_PROBE2(snooptest, mark, text, std::strlen(text)); }

// volatile: or they would be constants of the note.
void types()
{
    volatile std::int8_t s8 = -128;
    volatile std::uint8_t u8 = 255;
    volatile std::int16_t s16 = -32768;
    volatile std::uint16_t u16 = 65535;
    volatile std::int32_t s32 = INT32_MIN;
    volatile std::uint32_t u32 = UINT32_MAX;
    volatile std::int64_t s64 = INT64_MIN;
    volatile std::uint64_t u64 = UINT64_MAX;
    volatile float f32 = 0.1F;
    volatile double f64 = -2.5e-300;
    static const int here = 0;

    std::printf("%lu\n", reinterpret_cast<std::uintptr_t>(&here));
    std::fflush(stdout);
    DTRACE_PROBE12(snooptest, types, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, &here, -42);
}

void strings()
{
    static char longest[9000];
    const long page = sysconf(_SC_PAGESIZE);
    auto *pages = static_cast<char *>(
        mmap(nullptr, static_cast<std::size_t>(2 * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char *at_the_end = pages + page - 4;

    std::memset(longest, 'x', sizeof(longest) - 1);
    std::memcpy(at_the_end, "end", 4);
    munmap(pages + page, static_cast<std::size_t>(page));
    DTRACE_PROBE6(snooptest, strings, "say \"hi\"\n", "", longest, reinterpret_cast<const char *>(8), at_the_end, 7);
}

// Nobody has touched the pages of these arguments yet: a string that ends on the third page, and one in the fourth.
void absent()
{
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t size = 4 * page;
    auto *bytes = static_cast<char *>(std::malloc(size));
    std::memset(bytes, 'y', size);
    bytes[2 * page + 1] = '\0';
    std::memcpy(bytes + 3 * page, "short", sizeof("short"));
    const int file = memfd_create("absent", MFD_CLOEXEC);
    if (write(file, bytes, size) != static_cast<ssize_t>(size))
        return;
    auto *pages = static_cast<char *>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0));
    DTRACE_PROBE2(snooptest, absent, pages + page - 1, pages + 3 * page);
}

void table() { DTRACE_PROBE2(snooptest, table, snooptest_table[1], snooptest_table[3]); }

// One probe at two places, as inlining makes them.
void twice()
{
    DTRACE_PROBE1(snooptest, twice, 1);
    DTRACE_PROBE1(snooptest, twice, 2);
}

void *in_thread(void *number)
{
    prctl(PR_SET_NAME, "a thread");
    DTRACE_PROBE1(snooptest, thread, static_cast<int>(reinterpret_cast<std::intptr_t>(number)));
    return nullptr;
}

} // namespace

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *with = argc > 2 ? argv[2] : "";
    const auto is = [what](const char *name) { return std::strcmp(what, name) == 0; };

    if (is("mark")) {
        if (argc > 3)
            prctl(PR_SET_NAME, argv[3]);
        mark(with);
    } else if (is("types")) {
        types();
    } else if (is("strings")) {
        strings();
    } else if (is("absent")) {
        absent();
    } else if (is("table")) {
        table();
    } else if (is("twice")) {
        twice();
    } else if (is("flood")) {
        for (long i = std::atol(with); i > 0; i--)
            DTRACE_PROBE1(snooptest, flood, i);
    } else if (is("threads")) {
        for (std::intptr_t i = 1; i <= 2; i++) {
            pthread_t thread;
            pthread_create(&thread, nullptr, in_thread, reinterpret_cast<void *>(i));
            pthread_join(thread, nullptr);
        }
    } else {
        return 2;
    }
    return 0;
}

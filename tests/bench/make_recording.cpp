// SPDX-License-Identifier: BSD-2-Clause
// Writes a recording for `--replay`, of events that no kernel had to make.
//     make_recording opens 1000000 opens.rec && opensnoop --replay opens.rec >/dev/null
#include "records.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int argc, char **argv)
{
    const std::string_view what = argc == 4 ? argv[1] : "";
    const std::size_t count = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;

    try {
        if (what == "opens" && count > 0)
            bench::write_recording(argv[3], "opensnoop", OPEN_FORMAT, bench::opens(), count);
        else if (what == "execs" && count > 0)
            bench::write_recording(argv[3], "execsnoop", EXEC_FORMAT, bench::execs(), count);
        else
            return std::fprintf(stderr, "usage: %s opens|execs COUNT FILE\n", argv[0]), 2;
    } catch (const std::exception &error) {
        return std::fprintf(stderr, "%s: %s\n", argv[0], error.what()), 1;
    }
    return 0;
}

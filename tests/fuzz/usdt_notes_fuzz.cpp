// SPDX-License-Identifier: BSD-2-Clause
// Probe notes of an ELF file of any bytes are read or refused.
#include "fuzz.hpp"

#include "base/error.hpp"
#include "usdtsnoop/usdt_notes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static fuzz::File file;
    file.write({reinterpret_cast<const char *>(data), size});
    try {
        for (const snoop::usdtsnoop::UsdtProbe &probe : snoop::usdtsnoop::read_usdt_probes(file.path()))
            fuzz::require(probe.args.size() <= USDT_ARGS, "a probe has more arguments than there can be");
    } catch (const snoop::Error &error) {
        fuzz::require(error.code() == snoop::exit_usage, "a damaged file is not a usage error");
    }
    return 0;
}

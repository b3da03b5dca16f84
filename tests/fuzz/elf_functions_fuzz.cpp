// SPDX-License-Identifier: BSD-2-Clause
// The functions of an ELF file of any bytes are read or refused.
#include "fuzz.hpp"

#include "base/error.hpp"
#include "funclat/elf_functions.hpp"

namespace {

template <class Action> void allow_errors(Action action)
{
    try {
        action();
    } catch (const snoop::Error &) {}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static fuzz::File file;
    file.write({reinterpret_cast<const char *>(data), size});
    allow_errors([] {
        const snoop::funclat::ElfFunctions functions{file.path()};
        allow_errors([&] { (void)functions.find("counter"); });
        allow_errors([&] { (void)functions.find("countre"); });
        allow_errors([&] {
            for (const snoop::funclat::ElfFunction &function : functions.match("*"))
                fuzz::require(!function.offsets.empty(), "a function has no offset");
        });
        (void)functions.is_code(0x1010);
    });
    return 0;
}

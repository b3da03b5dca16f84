// SPDX-License-Identifier: BSD-2-Clause
// An argument of a probe note is understood, or marked as lost. Input: the machine, then its text.
#include "fuzz.hpp"

#include "usdtsnoop/usdt_notes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input{data, size};
    const snoop::usdtsnoop::UsdtArgContext context{
        input.byte() % 2 ? snoop::usdtsnoop::Machine::arm64 : snoop::usdtsnoop::Machine::x86, 0x401010,
        [](const std::string &name) -> std::optional<std::uint64_t> {
            return name == "counter" ? std::optional<std::uint64_t>{0x404040} : std::nullopt;
        }};
    const usdt_arg_spec spec = snoop::usdtsnoop::parse_usdt_argument(input.rest(), context);

    fuzz::require(spec.where <= USDT_MEMORY, "the argument is nowhere that the program knows");
    // The program reads 8 bytes at `reg` and `index` of the registers.
    for (const unsigned reg : {spec.reg, spec.index})
        fuzz::require(reg == SNOOP_NO_REGISTER || reg < 512, "a register is out of bounds");
    fuzz::require(spec.where == USDT_NOWHERE || (spec.type & USDT_TYPE_LOST) || (spec.type & USDT_TYPE_SIZE) <= 8,
                  "an argument has more than 8 bytes");
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// BTF of any bytes is read or refused. Its reduction is BTF that libbpf reads if it reads the whole. Input: 2 bytes
// that choose the types to keep, then the BTF.
#include "fuzz.hpp"

#include "kernel/btf_types.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cstring>
#include <memory>

namespace {

bool libbpf_reads(std::span<const std::byte> bytes)
{
    const std::unique_ptr<btf, void (*)(btf *)> types{btf__new(bytes.data(), static_cast<std::uint32_t>(bytes.size())),
                                                      btf__free};
    return types != nullptr;
}

int print_nothing(libbpf_print_level, const char *, va_list) { return 0; }

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    libbpf_set_print(print_nothing);
    fuzz::Input input{data, size};
    const unsigned choice = input.byte() | input.byte() << 8;
    const std::string_view rest = input.rest();
    const std::vector<std::byte> bytes{reinterpret_cast<const std::byte *>(rest.data()),
                                       reinterpret_cast<const std::byte *>(rest.data() + rest.size())};

    const snoop::BtfTypes types{bytes};
    const snoop::BtfTypes::Names all = types.names();
    snoop::BtfTypes::Names some;
    for (unsigned i = 0; const std::string_view name : all)
        if (choice >> i++ % 16 & 1)
            some.insert(name);
    if (types.empty())
        return 0;
    for (const std::string_view name : all)
        for (const std::uint32_t kind : {std::uint32_t{BTF_KIND_STRUCT}, std::uint32_t{BTF_KIND_FUNC}})
            if (const auto id = types.find(kind, name))
                (void)types.is_pointer(*id);

    const std::vector<std::byte> reduced = types.reduced(some);
    if (libbpf_reads(bytes))
        fuzz::require(libbpf_reads(reduced), "libbpf reads the whole, but not its reduction");
    return 0;
}

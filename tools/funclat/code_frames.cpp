// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/code_frames.hpp"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

namespace snoop::funclat {
namespace {

// The encodings of addresses that compilers use here: 32 bits, relative to their own place.
constexpr std::uint8_t relative_32_bits = DW_EH_PE_pcrel | DW_EH_PE_sdata4;

// How entries that refer to a CIE encode addresses; nothing if that cannot be known.
std::optional<std::uint8_t> encoding_of(const Dwarf_CIE &cie)
{
    const std::string_view letters{cie.augmentation};
    const std::uint8_t *data = cie.augmentation_data;
    const std::uint8_t *end = data + cie.augmentation_data_size;

    if (!letters.starts_with('z'))
        return std::nullopt;
    for (const char letter : letters.substr(1)) {
        if (letter == 'S' || letter == 'B')
            continue;
        if (data >= end)
            return std::nullopt;
        if (letter == 'R')
            return *data;
        if (letter == 'L') {
            data++;
        } else if (letter == 'P') {
            const std::uint8_t size = *data & 0x07;
            if (size != DW_EH_PE_udata4)
                return std::nullopt;
            data += 1 + sizeof(std::int32_t);
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::int32_t number_at(const std::uint8_t *bytes)
{
    std::int32_t number = 0;

    std::memcpy(&number, bytes, sizeof(number));
    return number;
}

} // namespace

void CodeFrames::End::operator()(Dwarf_CFI_s *table) const noexcept { dwarf_cfi_end(table); }

CodeFrames::CodeFrames(const ElfFile &elf) : elf_(elf)
{
    const auto range = elf.section_range(".eh_frame");
    const std::string_view bytes = elf.section_bytes(".eh_frame");
    std::array<unsigned char, EI_NIDENT> ident{ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3};
    std::map<Dwarf_Off, std::optional<std::uint8_t>> encodings; // by the offset of the CIE
    Elf_Data data{};

    if (!range || bytes.empty() || !elf.is_native())
        return;
    ident[EI_CLASS] = elf.is_32bit() ? ELFCLASS32 : ELFCLASS64;
    ident[EI_DATA] = ELFDATA2LSB;
    data.d_buf = const_cast<char *>(bytes.data()); // libdw only reads it
    data.d_size = bytes.size();
    data.d_type = ELF_T_BYTE;
    data.d_version = EV_CURRENT;
    Dwarf_CFI_Entry entry;
    for (Dwarf_Off at = 0, next = 0; dwarf_next_cfi(ident.data(), &data, true, at, &next, &entry) == 0; at = next) {
        if (dwarf_cfi_cie_p(&entry)) {
            encodings[at] = encoding_of(entry.cie);
            continue;
        }
        const auto encoding = encodings.find(entry.fde.CIE_pointer);
        const std::uint8_t *start = entry.fde.start;
        if (encoding == encodings.end() || encoding->second != relative_32_bits || entry.fde.end - start < 8)
            continue;
        const auto place =
            range->address + static_cast<std::uint64_t>(start - reinterpret_cast<const std::uint8_t *>(bytes.data()));
        const auto address = place + static_cast<std::uint64_t>(std::int64_t{number_at(start)});
        pieces_.push_back({address, static_cast<std::uint32_t>(number_at(start + sizeof(std::int32_t)))});
    }
    std::ranges::sort(pieces_, {}, &ElfRange::address);
}

const ElfRange *CodeFrames::piece_of(std::uint64_t address) const
{
    const auto after = std::ranges::upper_bound(pieces_, address, {}, &ElfRange::address);

    if (after == pieces_.begin())
        return nullptr;
    const ElfRange &piece = *std::prev(after);
    return address - piece.address < piece.bytes ? &piece : nullptr;
}

std::optional<bool> CodeFrames::is_as_called(std::uint64_t address) const
{
#if defined(__x86_64__)
    const unsigned stack_pointer = elf_.is_32bit() ? 4 : 7, pushed = elf_.is_32bit() ? 4 : 8;
#else
    const unsigned stack_pointer = 31, pushed = 0;
#endif
    Dwarf_Frame *found = nullptr;
    Dwarf_Op *ops = nullptr;
    std::size_t count = 0;

    if (!table_)
        table_.reset(dwarf_getcfi_elf(elf_.handle()));
    if (!table_ || dwarf_cfi_addrframe(table_.get(), address, &found) != 0)
        return std::nullopt;
    const std::unique_ptr<Dwarf_Frame, decltype(&std::free)> frame{found, std::free};
    if (dwarf_frame_cfa(frame.get(), &ops, &count) != 0 || count == 0)
        return std::nullopt;
    return count == 1 && ops->atom == DW_OP_bregx && ops->number == stack_pointer && ops->number2 == pushed;
}

} // namespace snoop::funclat

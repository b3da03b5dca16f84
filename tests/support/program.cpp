// SPDX-License-Identifier: BSD-2-Clause
// The smallest programs there can be: quick to execute, the same on every system.
#include "place.hpp"

#include <array>
#include <cstring>
#include <elf.h>

namespace snoop::test {
namespace {

template <std::size_t N> std::string bytes_of(const std::array<std::uint8_t, N> &code)
{
    return {reinterpret_cast<const char *>(code.data()), N};
}

#if defined(__x86_64__)
constexpr std::uint16_t machine = EM_X86_64;

std::string exit_code_of(std::uint8_t code)
{
    return bytes_of(std::to_array<std::uint8_t>({
        0xb8, 0x3c, 0, 0, 0, // mov $60 (exit), %eax
        0xbf, code, 0, 0, 0, // mov $code, %edi
        0x0f, 0x05,          // syscall
    }));
}
std::string wait_code()
{
    return bytes_of(std::to_array<std::uint8_t>({
        0xb8, 0x22, 0, 0, 0, // mov $34 (pause), %eax
        0x0f, 0x05,          // syscall
        0xeb, 0xf7,          // jmp to the start
    }));
}
#elif defined(__aarch64__)
constexpr std::uint16_t machine = EM_AARCH64;

std::string words(std::initializer_list<std::uint32_t> code)
{
    return {reinterpret_cast<const char *>(code.begin()), code.size() * sizeof(std::uint32_t)};
}
std::string exit_code_of(std::uint8_t code)
{
    return words({0xd2800000u | std::uint32_t{code} << 5, // mov x0, #code
                  0xd2800ba8u,                            // mov x8, #93 (exit)
                  0xd4000001u});                          // svc #0
}
std::string wait_code()
{
    return words({0xd2800000u, 0xd2800001u, 0xd2800002u, 0xd2800003u, // mov x0…x3, #0
                  0xd2800928u,                                        // mov x8, #73 (ppoll)
                  0xd4000001u,                                        // svc #0
                  0x17fffffau});                                      // b to the start
}
#else
#error "teach tests/support/program.cpp two system calls of this architecture"
#endif

std::string elf(const std::string &code)
{
    constexpr std::uint64_t base = 0x400000, page = 0x10000;
    Elf64_Ehdr header{};
    Elf64_Phdr segment{};
    const std::uint64_t start = sizeof(header) + sizeof(segment);

    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_entry = base + start;
    header.e_phoff = header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(segment);
    header.e_phnum = 1;
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_vaddr = segment.p_paddr = base;
    segment.p_filesz = segment.p_memsz = start + code.size();
    segment.p_align = page;

    std::string file(start, '\0');
    std::memcpy(file.data(), &header, sizeof(header));
    std::memcpy(file.data() + sizeof(header), &segment, sizeof(segment));
    return file + code;
}

} // namespace

std::string program_bytes(int exit_code) { return elf(exit_code_of(static_cast<std::uint8_t>(exit_code))); }

std::string waiting_program_bytes() { return elf(wait_code()); }

} // namespace snoop::test

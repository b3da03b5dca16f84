// SPDX-License-Identifier: BSD-2-Clause
// Minimal programs: quick to execute, the same on every system.
#include "fixtures.hpp"

#include <array>
#include <cstring>
#include <elf.h>
#include <vector>

namespace snoop::test {
namespace {

template <std::size_t N> std::string bytes_of(const std::array<std::uint8_t, N> &code)
{
    return {reinterpret_cast<const char *>(code.data()), N};
}

constexpr std::uint32_t base = 0x400000, data_base = 0x800000, loader_base = 0xc00000,
                        page = 0x10000; // a page of any size

#if defined(__x86_64__)
constexpr std::uint16_t machine = EM_X86_64;

std::string number(std::uint32_t n) { return {reinterpret_cast<const char *>(&n), sizeof(n)}; }

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
std::string crash_code()
{
    return bytes_of(std::to_array<std::uint8_t>({0x8b, 0x04, 0x25, 0, 0, 0, 0})); // mov 0, %eax
}
std::string exec_code(std::uint32_t path, std::uint32_t argv)
{
    return "\xbf" + number(path) + // mov $path, %edi
           "\xbe" + number(argv) + // mov $argv, %esi
           "\x31\xd2" +            // xor %edx, %edx
           "\xb8" + number(59) +   // mov $59 (execve), %eax
           "\x0f\x05" + exit_code_of(1);
}
std::string report_code(int fd, std::uint32_t bytes)
{
    return "\xbf" + number(static_cast<std::uint32_t>(fd)) + // mov $fd, %edi
           "\x48\x8b\x74\x24\x10"                            // mov 16(%rsp), %rsi: argv[1]
           "\xba" +
           number(bytes) +      // mov $bytes, %edx
           "\xb8" + number(1) + // mov $1 (write), %eax
           "\x0f\x05" + exit_code_of(0);
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
std::string crash_code()
{
    return words({0xd2800000u,   // mov x0, #0
                  0xf9400000u}); // ldr x0, [x0]
}
// mov xN, #low; movk xN, #high, lsl 16
std::string load(std::uint32_t n, std::uint32_t value)
{
    return words({0xd2800000u | (value & 0xffff) << 5 | n, 0xf2a00000u | (value >> 16) << 5 | n});
}
std::string exec_code(std::uint32_t path, std::uint32_t argv)
{
    return load(0, path) + load(1, argv) +
           words({0xd2800002u,  // mov x2, #0
                  0xd2801ba8u,  // mov x8, #221 (execve)
                  0xd4000001u}) // svc #0
           + exit_code_of(1);
}
std::string report_code(int fd, std::uint32_t bytes)
{
    return load(0, static_cast<std::uint32_t>(fd)) + load(2, bytes) +
           words({0xf9400be1u,  // ldr x1, [sp, #16]: argv[1]
                  0xd2800808u,  // mov x8, #64 (write)
                  0xd4000001u}) // svc #0
           + exit_code_of(0);
}
#else
#error "teach tests/support/program.cpp two system calls of this architecture"
#endif

// An ELF file with a segment of code at `at`; `data`, if any, has a segment of its own, and
// an interpreter's path has none.
std::string elf(const std::string &code, const std::string &data = {}, const std::string &loader = {},
                std::uint32_t at = base)
{
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> segments(1 + !data.empty() + !loader.empty());
    const std::uint64_t start = sizeof(header) + segments.size() * sizeof(Elf64_Phdr);
    const auto segment = [&](Elf64_Phdr &one, std::uint32_t type, std::uint32_t flags, std::uint64_t address,
                             std::uint64_t offset, std::uint64_t size) {
        one = {.p_type = type,
               .p_flags = flags,
               .p_offset = offset,
               .p_vaddr = address,
               .p_paddr = address,
               .p_filesz = size,
               .p_memsz = size,
               .p_align = type == PT_LOAD ? page : 1};
    };

    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_entry = at + start;
    header.e_phoff = header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<std::uint16_t>(segments.size());
    if (!loader.empty())
        segment(segments.front(), PT_INTERP, PF_R, 0, start + code.size(), loader.size() + 1);
    // A loader's last page is zeroed by the kernel from where the file ends (until 6.3 at least).
    segment(segments[!loader.empty()], PT_LOAD, PF_R | PF_X | (at == loader_base ? PF_W : 0), at, 0,
            start + code.size());
    if (!data.empty())
        segment(segments.back(), PT_LOAD, PF_R, data_base, page, data.size());

    std::string file(start, '\0');
    std::memcpy(file.data(), &header, sizeof(header));
    std::memcpy(file.data() + sizeof(header), segments.data(), segments.size() * sizeof(Elf64_Phdr));
    file += code;
    if (!loader.empty())
        file += loader + '\0';
    if (!data.empty()) {
        file.resize(page);
        file += data;
    }
    return file;
}

} // namespace

std::string program_bytes(int exit_code) { return elf(exit_code_of(static_cast<std::uint8_t>(exit_code))); }

std::string waiting_program_bytes() { return elf(wait_code()); }

std::string crashing_program_bytes() { return elf(crash_code()); }

std::string executing_program_bytes(const std::string &path, const std::vector<std::string> &argv)
{
    const auto vector_bytes = static_cast<std::uint32_t>((argv.size() + 1) * sizeof(std::uint64_t));
    std::string vector, strings = path + '\0';

    for (const auto &arg : argv) {
        const std::uint64_t at = data_base + vector_bytes + strings.size();
        vector.append(reinterpret_cast<const char *>(&at), sizeof(at));
        strings += arg + '\0';
    }
    vector.resize(vector_bytes);
    return elf(exec_code(data_base + vector_bytes, data_base), vector + strings);
}

std::string dynamic_program_bytes(const std::string &loader) { return elf(exit_code_of(1), {}, loader); }

std::string loader_bytes() { return elf(exit_code_of(0), {}, {}, loader_base); }

std::string reporting_program_bytes(int fd, std::uint32_t bytes) { return elf(report_code(fd, bytes)); }

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Finds what a file needs to be executed.
#include "base/error.hpp"
#include "snoop-why/files.hpp"
#include "symbols/elf_file.hpp"

#include <gelf.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace snoop::snoop_why {
namespace {

// The interpreter of a line such as "#! /bin/sh -e"; empty if it is none.
std::string named_interpreter(const std::string &file)
{
    std::ifstream script{file, std::ios::binary};
    std::string line;

    if (script.get() != '#' || script.get() != '!' || !std::getline(script, line))
        return {};
    const auto first = line.find_first_not_of(" \t");
    if (first == line.npos)
        return {};
    return line.substr(first, line.find_first_of(" \t", first) - first); // a carriage return is a part of the name
}

bool is_elf(const std::string &file)
{
    std::array<char, 4> magic{};
    std::ifstream from{file, std::ios::binary};

    return from.read(magic.data(), magic.size()) && std::string_view{magic.data(), magic.size()} == "\177ELF";
}

std::string loader_of(const std::string &file)
{
    try {
        const ElfFile elf{file};
        std::size_t count = 0;
        if (elf_getphdrnum(elf.handle(), &count) != 0)
            return {};
        for (std::size_t i = 0; i < count; i++) {
            GElf_Phdr header;
            if (!gelf_getphdr(elf.handle(), static_cast<int>(i), &header) || header.p_type != PT_INTERP)
                continue;
            std::string text(std::min<std::size_t>(header.p_filesz, PATH_MAX), '\0');
            std::ifstream from{file, std::ios::binary};
            from.seekg(static_cast<std::streamoff>(header.p_offset));
            from.read(text.data(), static_cast<std::streamsize>(text.size()));
            return text.substr(0, text.find('\0'));
        }
    } catch (const Error &) {
        // not one that can be read
    }
    return {};
}

} // namespace

std::string interpreter_of(const std::string &file)
{
    // To open a FIFO would wait for a writer.
    if (std::error_code error; !std::filesystem::is_regular_file(file, error))
        return {};
    return is_elf(file) ? loader_of(file) : named_interpreter(file);
}

std::optional<Interpreter> missing_interpreter(const std::string &file)
{
    constexpr int most_interpreters = 5; // of scripts that run scripts, in the kernel
    std::string of = file;

    for (int i = 0; i < most_interpreters; i++) {
        std::string path = interpreter_of(of);
        if (path.empty())
            return std::nullopt;
        if (!exists(path))
            return Interpreter{std::move(path), is_elf(of)};
        of = std::move(path);
    }
    return std::nullopt;
}

std::string foreign_machine(const std::string &file)
{
    if (std::error_code error; !std::filesystem::is_regular_file(file, error) || !is_elf(file))
        return {};
    try {
        const ElfFile elf{file};
        GElf_Ehdr header;
        if (elf.is_native() || !gelf_getehdr(elf.handle(), &header))
            return {};
        switch (header.e_machine) {
        case EM_X86_64: return "x86-64";
        case EM_386: return "i386";
        case EM_AARCH64: return "arm64";
        case EM_ARM: return "arm";
        case EM_RISCV: return "RISC-V";
        case EM_PPC64: return "ppc64";
        case EM_S390: return "s390";
        default: return "another machine";
        }
    } catch (const Error &) {
        return {};
    }
}

} // namespace snoop::snoop_why

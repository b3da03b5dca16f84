// SPDX-License-Identifier: BSD-2-Clause
// ELF files built in a test with the parts that probe notes need: a loaded segment, the notes, the
// section that tells where prelink(8) has moved it, and symbols.
//     TinyElf elf;
//     elf.notes += usdt_note({.provider = "app", .name = "start"});
//     write_file(dir / "app", elf.bytes());
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

// The bytes of a struct.
std::string raw(const auto &object) { return {reinterpret_cast<const char *>(&object), sizeof(object)}; }

struct NoteSpec {
    std::uint64_t location = 0x401010, base = 0x402000, semaphore = 0;
    std::string provider = "app", name = "start", arguments = "";
    std::string owner = std::string("stapsdt", 8);
    std::uint32_t type = 3;
    bool is_32bit = false;
};

// The contents of the note, behind its header.
inline std::string usdt_description(const NoteSpec &spec)
{
    std::string bytes;
    for (const std::uint64_t address : {spec.location, spec.base, spec.semaphore})
        bytes += spec.is_32bit ? raw(static_cast<std::uint32_t>(address)) : raw(address);
    return bytes + spec.provider + '\0' + spec.name + '\0' + spec.arguments + '\0';
}

inline std::string usdt_note(const NoteSpec &spec, std::string_view description)
{
    const auto padded = [](std::string bytes) {
        bytes.resize((bytes.size() + 3) / 4 * 4);
        return bytes;
    };
    const Elf64_Nhdr header{static_cast<std::uint32_t>(spec.owner.size()),
                            static_cast<std::uint32_t>(description.size()), spec.type};
    return raw(header) + padded(spec.owner) + padded(std::string{description});
}

inline std::string usdt_note(const NoteSpec &spec) { return usdt_note(spec, usdt_description(spec)); }

// File offset 0x1000 is loaded at 0x401000 as code, 0x1000 bytes.
struct TinyElf {
#if defined(__x86_64__)
    std::uint16_t machine = EM_X86_64;
#else
    std::uint16_t machine = EM_AARCH64;
#endif
    std::string notes;
    std::uint64_t base = 0x402000; // of .stapsdt.base
    bool has_base = true;
    std::string symbol; // one, at symbol_value
    std::uint64_t symbol_value = 0;
    std::size_t symbols = 1; // so often
    std::uint32_t segment_flags = PF_R | PF_X;
    std::string go_table; // at 0x401800
    const char *go_section = ".gopclntab";

    [[nodiscard]] std::string bytes() const { return file<Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr, Elf64_Sym>(ELFCLASS64); }
    [[nodiscard]] std::string bytes32() const
    {
        return file<Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr, Elf32_Sym>(ELFCLASS32);
    }

private:
    template <class Ehdr, class Phdr, class Shdr, class Sym> [[nodiscard]] std::string file(unsigned char kind) const
    {
        using namespace std::string_literals;
        const std::string names =
            "\0.note.stapsdt\0.stapsdt.base\0.symtab\0.strtab\0.shstrtab\0.gopclntab\0.data.rel.ro.gopclntab\0"s;
        const std::string strings = '\0' + symbol + '\0';
        Sym one{};
        one.st_name = 1;
        one.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
        one.st_shndx = 1;
        one.st_value = static_cast<decltype(one.st_value)>(symbol_value);

        std::string all(0x2000, '\0');
        std::vector<Shdr> sections(1, Shdr{});
        const auto add = [&](const char *name, std::uint32_t type, std::string_view contents,
                             std::uint64_t address = 0) {
            all.resize((all.size() + 7) / 8 * 8);
            Shdr section{};
            section.sh_name = static_cast<std::uint32_t>(names.find("\0"s + name + '\0') + 1);
            section.sh_type = type;
            section.sh_addr = static_cast<decltype(section.sh_addr)>(address);
            section.sh_offset = static_cast<decltype(section.sh_offset)>(all.size());
            section.sh_size = static_cast<decltype(section.sh_size)>(contents.size());
            section.sh_addralign = 4;
            sections.push_back(section);
            all += contents;
        };
        add(".note.stapsdt", SHT_NOTE, notes);
        if (has_base)
            add(".stapsdt.base", SHT_PROGBITS, std::string(1, '\0'), base);
        if (!go_table.empty()) {
            add(go_section, SHT_PROGBITS, go_table, 0x401800);
            all.replace(0x1800, go_table.size(), go_table); // where the segment has it
        }
        add(".strtab", SHT_STRTAB, strings);
        std::string table = raw(Sym{});
        for (std::size_t i = 0; i < symbols; i++)
            table += raw(one);
        add(".symtab", SHT_SYMTAB, table);
        sections.back().sh_link = static_cast<std::uint32_t>(sections.size() - 2);
        sections.back().sh_entsize = sizeof(Sym);
        add(".shstrtab", SHT_STRTAB, names);

        Phdr part{};
        part.p_type = PT_LOAD;
        part.p_flags = segment_flags;
        part.p_offset = 0x1000;
        part.p_vaddr = 0x401000;
        part.p_filesz = 0x1000;
        part.p_memsz = 0x3000;
        all.resize((all.size() + 7) / 8 * 8);
        Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = kind;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_EXEC;
        header.e_machine = kind == ELFCLASS32 && machine == EM_X86_64 ? EM_386 : machine;
        header.e_version = EV_CURRENT;
        header.e_phoff = sizeof(header);
        header.e_shoff = static_cast<decltype(header.e_shoff)>(all.size());
        header.e_ehsize = sizeof(header);
        header.e_phentsize = sizeof(part);
        header.e_phnum = 1;
        header.e_shentsize = sizeof(Shdr);
        header.e_shnum = static_cast<std::uint16_t>(sections.size());
        header.e_shstrndx = static_cast<std::uint16_t>(sections.size() - 1);
        all.replace(0, sizeof(header), raw(header));
        all.replace(sizeof(header), sizeof(part), raw(part));
        for (const Shdr &section : sections)
            all += raw(section);
        return all;
    }
};

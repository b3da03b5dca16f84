// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/elf_functions.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/glob.hpp"
#include "base/suggest.hpp"

#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <set>

namespace snoop::funclat {
namespace {

constexpr GElf_Versym hidden_version = 0x8000; // VERSYM_HIDDEN

// Of each symbol of .dynsym its version, if the file has versions.
Elf_Data *versions_in(Elf *elf)
{
    for (Elf_Scn *section = elf_nextscn(elf, nullptr); section; section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_GNU_versym)
            return elf_getdata(section, nullptr);
    }
    return nullptr;
}

} // namespace

ElfFunctions::ElfFunctions(const std::string &file) : file_(file) { read(file.c_str()); }

void ElfFunctions::read(const char *path)
{
    elf_version(EV_CURRENT);
    const Fd fd{open(path, O_RDONLY | O_CLOEXEC)};
    if (!fd)
        throw Error{exit_usage, "cannot read '{}': {}", file_, describe_errno(errno)};
    const std::unique_ptr<Elf, int (*)(Elf *)> elf{elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr), elf_end};
    std::size_t segments = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getphdrnum(elf.get(), &segments) != 0)
        throw Error{exit_usage, "'{}' is neither a program nor a library (ELF)", file_};
    GElf_Ehdr about;
    if (gelf_getehdr(elf.get(), &about) && about.e_machine == EM_AARCH64)
        alignment_ = 4;
    for (std::size_t i = 0; i < segments; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) && header.p_type == PT_LOAD &&
            (header.p_flags & PF_X))
            code_.push_back({header.p_vaddr, header.p_offset, header.p_filesz});
    }

    Elf_Data *versions = versions_in(elf.get());
    for (Elf_Scn *section = elf_nextscn(elf.get(), nullptr); section; section = elf_nextscn(elf.get(), section)) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = elf_getdata(section, nullptr);
        GElf_Sym symbol;
        for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
            const int type = GELF_ST_TYPE(symbol.st_info);
            const char *name = elf_strptr(elf.get(), header.sh_link, symbol.st_name);
            if (!name || (type != STT_FUNC && type != STT_GNU_IFUNC))
                continue;
            GElf_Versym version = 0;
            if (header.sh_type == SHT_DYNSYM && versions)
                gelf_getversym(versions, i, &version);
            if (symbol.st_shndx == SHN_UNDEF)
                imported_.emplace_back(name);
            else if (type == STT_GNU_IFUNC)
                late_.emplace_back(name);
            else
                add(name, symbol.st_value, (version & hidden_version) != 0);
        }
    }
}

void ElfFunctions::add(const char *name, std::uint64_t address, bool is_hidden)
{
    for (const Segment &segment : code_)
        if (address >= segment.address && address - segment.address < segment.bytes)
            symbols_.push_back({name, address - segment.address + segment.offset, is_hidden});
}

bool ElfFunctions::is_code(std::uint64_t offset) const
{
    return offset % alignment_ == 0 && std::ranges::any_of(code_, [&](const Segment &segment) {
               return offset >= segment.offset && offset - segment.offset < segment.bytes;
           });
}

ElfFunction ElfFunctions::find(const std::string &name) const
{
    std::set<std::uint64_t> offsets, old;

    for (const Symbol &symbol : symbols_)
        if (symbol.name == name)
            (symbol.is_hidden ? old : offsets).insert(symbol.offset);
    if (offsets.empty())
        offsets = old;
    if (!offsets.empty())
        return {name, {offsets.begin(), offsets.end()}};
    if (std::ranges::find(late_, name) != late_.end())
        throw Error{exit_lacks,
                    "'{}' in '{}' stands for one of several functions, chosen when a program starts (IFUNC): trace "
                    "the one that is taken on this processor",
                    name, file_};
    if (std::ranges::find(imported_, name) != imported_.end())
        throw Error{exit_usage, "'{}' uses '{}' of a library: name the library instead", file_, name};
    Suggestions near{name};
    for (const Symbol &symbol : symbols_)
        near.consider(symbol.name);
    throw Error{exit_usage, "'{}' has no function '{}'{}", file_, name,
                symbols_.empty() ? ", nor any other: it is stripped of its symbols; give BINARY:0xOFFSET"
                                 : near.hint()};
}

std::vector<ElfFunction> ElfFunctions::match(const std::string &pattern) const
{
    // Of several names at one place the shortest, which has the fewest underscores.
    std::map<std::uint64_t, std::string> names;
    for (const Symbol &symbol : symbols_) {
        if (!matches_pattern(pattern, symbol.name))
            continue;
        std::string &name = names[symbol.offset];
        if (name.empty() || symbol.name.size() < name.size() ||
            (symbol.name.size() == name.size() && symbol.name < name))
            name = symbol.name;
    }
    if (names.empty())
        throw Error{exit_usage, "'{}' matches no function in '{}'", pattern, file_};
    std::map<std::string, ElfFunction> found;
    for (const auto &[offset, name] : names) {
        found[name].name = name;
        found[name].offsets.push_back(offset);
    }
    std::vector<ElfFunction> all;
    for (auto &[name, function] : found)
        all.push_back(std::move(function));
    return all;
}

} // namespace snoop::funclat

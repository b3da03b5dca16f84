// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/elf_file.hpp"
#include "base/error.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace snoop {
namespace {

constexpr GElf_Versym old_version = 0x8000; // VERSYM_HIDDEN of glibc's elf/dl-lookup.c

bool is_native_machine(const GElf_Ehdr &header)
{
    if (header.e_ident[EI_DATA] != ELFDATA2LSB)
        return false;
#if defined(__x86_64__)
    return header.e_machine == EM_X86_64 || header.e_machine == EM_386;
#else
    return header.e_machine == EM_AARCH64 && header.e_ident[EI_CLASS] == ELFCLASS64;
#endif
}

// The version of each symbol in .dynsym, if the file has versions.
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

void ElfFile::End::operator()(Elf *elf) const noexcept { elf_end(elf); }

// Opening a FIFO must not wait for a writer, hence O_NONBLOCK.
ElfFile::ElfFile(const std::string &path) : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
{
    struct stat info {};
    GElf_Ehdr header;

    if (!fd_)
        throw Error{exit_usage, "cannot read '{}': {}", path, describe_errno(errno)};
    elf_version(EV_CURRENT);
    // Read, not mapped: with a mapping, a file that is truncated meanwhile raises SIGBUS.
    if (fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode))
        elf_.reset(elf_begin(fd_.get(), ELF_C_READ, nullptr));
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || !gelf_getehdr(elf_.get(), &header))
        throw Error{exit_usage, "'{}' is not an ELF executable or library", path};
    is_32bit_ = header.e_ident[EI_CLASS] == ELFCLASS32;
    is_native_ = is_native_machine(header);
    if (header.e_machine == EM_AARCH64)
        code_alignment_ = 4;
    read_segments();
}

void ElfFile::read_segments()
{
    std::size_t count = 0;

    if (elf_getphdrnum(elf_.get(), &count) != 0)
        throw Error{exit_usage, "'{}' is not an ELF executable or library", path_};
    for (std::size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) && header.p_type == PT_LOAD)
            segments_.push_back({header.p_vaddr, header.p_offset, header.p_filesz, (header.p_flags & PF_X) != 0});
    }
}

std::optional<std::uint64_t> ElfFile::offset_of(std::uint64_t address) const
{
    for (const ElfSegment &segment : segments_)
        if (address >= segment.address && address - segment.address < segment.bytes)
            return address - segment.address + segment.offset;
    return std::nullopt;
}

void ElfFile::for_each_symbol(const std::function<bool(const ElfSymbol &)> &visit) const
{
    Elf_Data *versions = versions_in(elf_.get());

    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf_.get(), section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = elf_getdata(section, nullptr);
        GElf_Sym symbol;
        for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
            const char *name = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
            GElf_Versym version = 0;
            if (header.sh_type == SHT_DYNSYM && versions)
                gelf_getversym(versions, i, &version);
            if (name &&
                !visit({name, symbol.st_value, symbol.st_size, static_cast<unsigned char>(GELF_ST_TYPE(symbol.st_info)),
                        symbol.st_shndx == SHN_UNDEF, (version & old_version) != 0}))
                return;
        }
    }
}

Elf_Scn *ElfFile::section(std::string_view name) const
{
    std::size_t names = 0;

    if (elf_getshdrstrndx(elf_.get(), &names) != 0)
        return nullptr;
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf_.get(), section));) {
        GElf_Shdr header;
        const char *own = gelf_getshdr(section, &header) ? elf_strptr(elf_.get(), names, header.sh_name) : nullptr;
        if (own && own == name)
            return section;
    }
    return nullptr;
}

bool ElfFile::for_each_note(std::string_view name, const std::function<void(const ElfNote &)> &visit) const
{
    Elf_Scn *notes = section(name);

    for (Elf_Data *data = nullptr; notes && (data = elf_getdata(notes, data));) {
        GElf_Nhdr note;
        std::size_t name_at = 0, description_at = 0;
        for (std::size_t at = 0; at < data->d_size;) {
            at = gelf_getnote(data, at, &note, &name_at, &description_at);
            if (at == 0)
                return false;
            const auto *bytes = static_cast<const char *>(data->d_buf);
            visit({{bytes + name_at, note.n_namesz}, note.n_type, {bytes + description_at, note.n_descsz}});
        }
    }
    return true;
}

std::optional<ElfRange> ElfFile::section_range(std::string_view name) const
{
    GElf_Shdr header;
    Elf_Scn *found = section(name);

    return found && gelf_getshdr(found, &header) ? std::optional{ElfRange{header.sh_addr, header.sh_size}}
                                                 : std::nullopt;
}

std::vector<std::byte> ElfFile::read(std::uint64_t address, std::size_t bytes) const
{
    std::vector<std::byte> all;

    for (const ElfSegment &segment : segments_) {
        if (address < segment.address || address - segment.address >= segment.bytes)
            continue;
        const std::uint64_t skipped = address - segment.address;
        all.resize(std::min<std::uint64_t>(bytes, segment.bytes - skipped));
        const ssize_t n = pread(fd_.get(), all.data(), all.size(), static_cast<off_t>(segment.offset + skipped));
        all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        break;
    }
    return all;
}

} // namespace snoop

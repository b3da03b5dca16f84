// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/elf_file.hpp"
#include "base/error.hpp"
#include "symbols/file_handle.hpp"

#include <fcntl.h>
#include <gelf.h>
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

// A file could say that it has billions of sections or segments, for which libelf takes memory at once.
// ELF keeps numbers that exceed its header in the first section.
template <class Ehdr, class Shdr> bool has_sane_numbers(int fd)
{
    constexpr std::uint64_t most_sections = 1 << 20, most_segments = 1 << 16;
    Ehdr header;
    Shdr first;

    if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
        return false;
    if (header.e_shoff == 0 || (header.e_shnum != 0 && header.e_phnum != PN_XNUM))
        return true;
    return pread(fd, &first, sizeof(first), static_cast<off_t>(header.e_shoff)) == sizeof(first) &&
           first.sh_size <= most_sections && first.sh_info <= most_segments;
}

bool is_sane(int fd)
{
    unsigned char ident[EI_NIDENT];

    if (pread(fd, ident, sizeof(ident), 0) != sizeof(ident))
        return false;
    return ident[EI_CLASS] == ELFCLASS32 ? has_sane_numbers<Elf32_Ehdr, Elf32_Shdr>(fd)
                                         : has_sane_numbers<Elf64_Ehdr, Elf64_Shdr>(fd);
}

Fd open_regular(const std::string &path, const std::string &shown)
{
    const FileHandle handle = FileHandle::open(path, shown);
    Fd file{open(handle.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};

    if (!file)
        throw Error{exit_usage, "cannot read '{}': {}", shown, describe_errno(errno)};
    return file;
}

// The linker writes versions into the names of .symtab: "memcpy@@GLIBC_2.14", with one @ if it is old.
void set_version(ElfSymbol &symbol)
{
    const auto at = symbol.name.find('@');

    if (at == 0 || at == symbol.name.npos)
        return;
    symbol.version = symbol.name.substr(at + 1);
    symbol.name = symbol.name.substr(0, at);
    symbol.is_old_version = !symbol.version.starts_with('@');
    if (!symbol.is_old_version)
        symbol.version.remove_prefix(1);
}

// The string at an offset; nothing if it does not end, or not within the longest name that is read. With
// a limit, names that overlap cannot make reading them all take forever.
std::optional<std::string_view> string_at(std::string_view strings, std::uint64_t offset)
{
    constexpr std::size_t longest_name = 16384;

    if (offset >= strings.size())
        return std::nullopt;
    strings = strings.substr(offset, longest_name);
    const std::size_t end = strings.find('\0');
    return end == strings.npos ? std::nullopt : std::optional{strings.substr(0, end)};
}

} // namespace

void ElfFile::End::operator()(Elf *elf) const noexcept { elf_end(elf); }

ElfFile::ElfFile(const std::string &path, const std::string &shown) : path_(shown), fd_(open_regular(path, shown))
{
    GElf_Ehdr header;

    elf_version(EV_CURRENT);
    // Read, not mapped: with a mapping, a file that is truncated meanwhile raises SIGBUS.
    if (is_sane(fd_.get()))
        elf_.reset(elf_begin(fd_.get(), ELF_C_READ, nullptr));
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || !gelf_getehdr(elf_.get(), &header))
        throw Error{exit_usage, "'{}' is not an ELF executable or library", path_};
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

// True if a section can be read. Sections that overlap, or holes, could make a small file take up all memory.
bool ElfFile::has_contents(Elf_Scn *section) const
{
    constexpr std::uint64_t most_bytes = std::uint64_t{2} << 30;
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
        return false;
    if (loaded_.insert(elf_ndxscn(section)).second) {
        if (header.sh_size > most_bytes - loaded_bytes_)
            throw Error{exit_usage, "'{}' has tables of more than 2 GiB", path_};
        loaded_bytes_ += header.sh_size;
    }
    return true;
}

std::string_view ElfFile::strings(std::size_t section) const
{
    Elf_Scn *table = elf_getscn(elf_.get(), section);
    const Elf_Data *data = has_contents(table) ? elf_getdata(table, nullptr) : nullptr;

    return data && data->d_buf ? std::string_view{static_cast<const char *>(data->d_buf), data->d_size}
                               : std::string_view{};
}

// The names of versions that symbols of .dynsym refer to, by their numbers.
std::vector<std::string_view> ElfFile::versions() const
{
    std::vector<std::string_view> names;
    GElf_Shdr header;
    Elf_Scn *section = nullptr;

    while ((section = elf_nextscn(elf_.get(), section)))
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_GNU_verdef)
            break;
    Elf_Data *data = has_contents(section) ? elf_getdata(section, nullptr) : nullptr;
    if (!data)
        return names;
    const std::string_view all = strings(header.sh_link);
    GElf_Verdef version;
    // Each entry says how far the next one is; one that is further on in the file ends the list.
    for (std::uint64_t at = 0; at < data->d_size && gelf_getverdef(data, static_cast<int>(at), &version);) {
        GElf_Verdaux name;
        const std::size_t number = version.vd_ndx & ~old_version;
        if (gelf_getverdaux(data, static_cast<int>(at + version.vd_aux), &name)) {
            names.resize(std::max(names.size(), number + 1));
            names[number] = string_at(all, name.vda_name).value_or(std::string_view{});
        }
        if (version.vd_next == 0)
            break;
        at += version.vd_next;
    }
    return names;
}

void ElfFile::for_each_symbol(const std::function<bool(const ElfSymbol &)> &visit) const
{
    const std::vector<std::string_view> names_of_versions = versions();
    Elf_Data *numbers = nullptr; // of the version of each symbol in .dynsym
    GElf_Shdr header;

    for (Elf_Scn *section = nullptr; !numbers && (section = elf_nextscn(elf_.get(), section));)
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_GNU_versym)
            numbers = has_contents(section) ? elf_getdata(section, nullptr) : nullptr;
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf_.get(), section));) {
        if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = has_contents(section) ? elf_getdata(section, nullptr) : nullptr;
        const std::string_view all = strings(header.sh_link);
        GElf_Sym symbol;
        for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
            const auto name = string_at(all, symbol.st_name);
            GElf_Versym version = 0;
            if (!name)
                continue;
            ElfSymbol found{*name,
                            symbol.st_value,
                            symbol.st_size,
                            static_cast<unsigned char>(GELF_ST_TYPE(symbol.st_info)),
                            symbol.st_shndx == SHN_UNDEF,
                            false,
                            {}};
            if (header.sh_type == SHT_SYMTAB) {
                set_version(found);
            } else if (numbers && gelf_getversym(numbers, i, &version)) {
                const std::size_t number = version & ~old_version;
                found.is_old_version = (version & old_version) != 0;
                if (!found.is_imported && number > VER_NDX_GLOBAL && number < names_of_versions.size())
                    found.version = names_of_versions[number];
            }
            if (!visit(found))
                return;
        }
    }
}

Elf_Scn *ElfFile::section(std::string_view name) const
{
    std::size_t names = 0;

    if (elf_getshdrstrndx(elf_.get(), &names) != 0)
        return nullptr;
    const std::string_view all = strings(names);
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf_.get(), section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && string_at(all, header.sh_name) == name)
            return section;
    }
    return nullptr;
}

bool ElfFile::for_each_note(std::string_view name, const std::function<void(const ElfNote &)> &visit) const
{
    Elf_Scn *notes = section(name);

    if (Elf_Data *data = has_contents(notes) ? elf_getdata(notes, nullptr) : nullptr) {
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

std::string_view ElfFile::section_bytes(std::string_view name) const
{
    Elf_Scn *found = section(name);

    return found ? strings(elf_ndxscn(found)) : std::string_view{};
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

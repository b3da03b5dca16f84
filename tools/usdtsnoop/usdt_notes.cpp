// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/usdt_notes.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>

namespace snoop::usdtsnoop {
namespace {

#if defined(__x86_64__)
constexpr Machine own_machine = Machine::x86;
#else
constexpr Machine own_machine = Machine::arm64;
#endif

constexpr std::string_view note_owner{"stapsdt", 8}; // with its NUL
constexpr std::uint32_t note_type = 3;

struct Section {
    Elf_Scn *section;
    GElf_Shdr header;
};

class Elf {
public:
    explicit Elf(const std::string &path) : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {
        struct stat about {};
        if (!fd_)
            throw Error{exit_usage, "cannot read '{}': {}", path, describe_errno(errno)};
        if (fstat(fd_.get(), &about) != 0 || !S_ISREG(about.st_mode))
            throw Error{exit_usage, "'{}' is no file with a program in it", path};
        elf_version(EV_CURRENT);
        // Not mapped: a file that gets shorter meanwhile would be a SIGBUS.
        elf_.reset(elf_begin(fd_.get(), ELF_C_READ, nullptr));
        if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || !gelf_getehdr(elf_.get(), &header_))
            throw Error{exit_usage, "'{}' is no ELF file", path};
        if (!is_of_this_machine())
            throw Error{exit_usage, "'{}' is of another architecture", path};
    }

    [[nodiscard]] bool is_32bit() const { return header_.e_ident[EI_CLASS] == ELFCLASS32; }

    // Nothing if it has no such section.
    [[nodiscard]] std::optional<Section> section(std::string_view name) const
    {
        std::size_t names = 0;
        if (elf_getshdrstrndx(elf_.get(), &names) != 0)
            return std::nullopt;
        for (Elf_Scn *one = nullptr; (one = elf_nextscn(elf_.get(), one));) {
            GElf_Shdr header;
            const char *own = gelf_getshdr(one, &header) ? elf_strptr(elf_.get(), names, header.sh_name) : nullptr;
            if (own && own == name)
                return Section{one, header};
        }
        return std::nullopt;
    }

    // Where in the file that address lies; nothing if it is not of the file.
    [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const
    {
        std::size_t count = 0;
        if (elf_getphdrnum(elf_.get(), &count) != 0)
            return std::nullopt;
        for (std::size_t i = 0; i < count; i++) {
            GElf_Phdr part;
            if (gelf_getphdr(elf_.get(), static_cast<int>(i), &part) && part.p_type == PT_LOAD &&
                address >= part.p_vaddr && address - part.p_vaddr < part.p_filesz)
                return address - part.p_vaddr + part.p_offset;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::uint64_t> symbol(const std::string &name) const
    {
        for (Elf_Scn *one = nullptr; (one = elf_nextscn(elf_.get(), one));) {
            GElf_Shdr header;
            if (!gelf_getshdr(one, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
                continue;
            Elf_Data *data = elf_getdata(one, nullptr);
            GElf_Sym symbol;
            for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
                const char *own = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
                if (own && own == name && symbol.st_shndx != SHN_UNDEF)
                    return symbol.st_value;
            }
        }
        return std::nullopt;
    }

    [[noreturn]] void fail(std::string_view why) const
    {
        throw Error{exit_usage, "'{}' has a damaged note of a probe: {}", path_, why};
    }

private:
    [[nodiscard]] bool is_of_this_machine() const
    {
        if (header_.e_ident[EI_DATA] != ELFDATA2LSB)
            return false;
        if (own_machine == Machine::arm64)
            return header_.e_machine == EM_AARCH64 && !is_32bit();
        return header_.e_machine == EM_X86_64 || header_.e_machine == EM_386;
    }

    struct End {
        void operator()(::Elf *elf) const noexcept { elf_end(elf); }
    };

    std::string path_;
    Fd fd_;
    std::unique_ptr<::Elf, End> elf_;
    GElf_Ehdr header_{};
};

// Takes an address of the file's kind off the front; nothing if there is not so much.
std::optional<std::uint64_t> take_address(std::string_view &bytes, bool is_32bit)
{
    const auto take = [&](auto number) -> std::optional<std::uint64_t> {
        if (bytes.size() < sizeof(number))
            return std::nullopt;
        std::memcpy(&number, bytes.data(), sizeof(number));
        bytes.remove_prefix(sizeof(number));
        return number;
    };
    return is_32bit ? take(std::uint32_t{}) : take(std::uint64_t{});
}

// Takes a string and its NUL off the front.
std::optional<std::string> next_string(std::string_view &bytes)
{
    const std::size_t end = bytes.find('\0');
    if (end == bytes.npos)
        return std::nullopt;
    std::string string{bytes.substr(0, end)};
    bytes.remove_prefix(end + 1);
    return string;
}

// A blank ends an argument, but not in "[x29, 24]".
std::vector<usdt_arg_spec> parse_arguments(std::string_view text, const UsdtArgContext &place)
{
    std::vector<usdt_arg_spec> all;

    while (!text.empty() && all.size() < USDT_ARGS) {
        std::size_t end = 0;
        for (int depth = 0; end < text.size() && (text[end] != ' ' || depth > 0); end++)
            depth += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0;
        if (end > 0)
            all.push_back(parse_usdt_argument(text.substr(0, end), place));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

// What a note says. `base`: where .stapsdt.base is now; prelink(8) moves all of the file by
// as much, but leaves the notes as they were.
UsdtProbe read_note(const Elf &elf, std::string_view bytes, std::optional<std::uint64_t> base)
{
    const auto location = take_address(bytes, elf.is_32bit()), noted_base = take_address(bytes, elf.is_32bit()),
               semaphore = take_address(bytes, elf.is_32bit());
    const auto provider = next_string(bytes), name = next_string(bytes), arguments = next_string(bytes);

    if (!location || !noted_base || !semaphore || !provider || !name || !arguments)
        elf.fail("it is too short");
    if (provider->empty() || name->empty())
        elf.fail("it lacks a name");
    const std::uint64_t moved = base && *noted_base ? *base - *noted_base : 0;
    UsdtProbe probe{.provider = *provider,
                    .name = *name,
                    .arguments = *arguments,
                    .args = {},
                    .location = *location + moved,
                    .is_32bit = elf.is_32bit()};
    const auto offset = elf.offset_of(probe.location);
    if (!offset)
        elf.fail(fmt::format("{}:{} is at {:#x}, which is not in the file", *provider, *name, probe.location));
    probe.offset = *offset;
    if (*semaphore) {
        const auto found = elf.offset_of(*semaphore + moved);
        if (!found)
            elf.fail(fmt::format("the semaphore of {}:{} is at {:#x}, which is not in the file", *provider, *name,
                                 *semaphore + moved));
        probe.semaphore_offset = *found;
    }
    probe.args = parse_arguments(
        probe.arguments, {own_machine, probe.location, [&](const std::string &symbol) { return elf.symbol(symbol); }});
    return probe;
}

} // namespace

std::vector<UsdtProbe> read_usdt_probes(const std::string &path)
{
    const Elf elf{path};
    const auto notes = elf.section(".note.stapsdt"), base = elf.section(".stapsdt.base");
    std::vector<UsdtProbe> probes;

    if (!notes)
        return probes;
    for (Elf_Data *data = nullptr; (data = elf_getdata(notes->section, data));) {
        GElf_Nhdr note;
        std::size_t name_at = 0, desc_at = 0;
        for (std::size_t at = 0; at < data->d_size;) {
            at = gelf_getnote(data, at, &note, &name_at, &desc_at);
            if (at == 0)
                elf.fail("it leads out of its section");
            const auto *bytes = static_cast<const char *>(data->d_buf);
            if (note.n_type == note_type && std::string_view{bytes + name_at, note.n_namesz} == note_owner)
                probes.push_back(read_note(elf, {bytes + desc_at, note.n_descsz},
                                           base ? std::optional{base->header.sh_addr} : std::nullopt));
        }
    }
    std::ranges::stable_sort(probes, {}, [](const UsdtProbe &p) { return std::tie(p.provider, p.name, p.location); });
    return probes;
}

} // namespace snoop::usdtsnoop

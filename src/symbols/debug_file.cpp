// SPDX-License-Identifier: BSD-2-Clause
#include "symbols/debug_file.hpp"
#include "base/error.hpp"
#include "symbols/file_handle.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>

namespace snoop {
namespace {

// In hexadecimal; empty if the file has none.
std::string build_id(const ElfFile &elf)
{
    std::string id;

    const bool is_whole = elf.for_each_note(".note.gnu.build-id", [&](const ElfNote &note) {
        if (note.type != NT_GNU_BUILD_ID || note.owner != std::string_view{"GNU\0", 4} || !id.empty())
            return;
        for (const char byte : note.description)
            id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    });
    return is_whole ? id : std::string{};
}

// The name in .gnu_debuglink and the checksum behind it.
struct DebugLink {
    std::string name;
    std::uint32_t checksum = 0;
};

std::optional<DebugLink> debug_link(const ElfFile &elf)
{
    const std::string_view bytes = elf.section_bytes(".gnu_debuglink");
    const std::size_t end = bytes.find('\0');
    const std::size_t at = end == bytes.npos ? bytes.npos : (end + 4) / 4 * 4;
    DebugLink link;

    if (at == bytes.npos || bytes.size() < at + sizeof(link.checksum))
        return std::nullopt;
    link.name = bytes.substr(0, end);
    std::memcpy(&link.checksum, &bytes[at], sizeof(link.checksum));
    // A name only: no path of the file's choice.
    return link.name.empty() || link.name.find('/') != link.name.npos ? std::nullopt : std::optional{link};
}

std::uint32_t checksum(const std::string &path)
{
    const Fd file{open(FileHandle::open(path).path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    std::array<unsigned char, 16384> bytes;
    uLong sum = crc32(0, nullptr, 0);

    for (ssize_t n = 0; (n = read(file.get(), bytes.data(), bytes.size())) > 0;)
        sum = crc32(sum, bytes.data(), static_cast<uInt>(n));
    return static_cast<std::uint32_t>(sum);
}

std::unique_ptr<ElfFile> open_if(const std::string &path, const std::function<bool(const ElfFile &)> &is_it)
{
    if (access(path.c_str(), F_OK) != 0)
        return nullptr;
    try {
        auto file = std::make_unique<ElfFile>(path);
        return is_it(*file) ? std::move(file) : nullptr;
    } catch (const Error &) {
        return nullptr; // debuginfod's cache has empty files for what no server had
    }
}

} // namespace

std::vector<std::string> DebugFolders::debuginfod_caches()
{
    std::vector<std::string> folders;
    const auto add = [&folders](const char *variable, const char *below) {
        if (const char *value = std::getenv(variable); value && *value)
            folders.push_back(std::string{value} + below);
    };

    add("DEBUGINFOD_CACHE_PATH", "");
    add("XDG_CACHE_HOME", "/debuginfod_client");
    add("HOME", "/.cache/debuginfod_client");
    return folders;
}

std::unique_ptr<ElfFile> find_debug_file(const ElfFile &elf, const DebugFolders &folders)
{
    const std::string id = build_id(elf);
    const auto has_same_id = [&](const ElfFile &file) { return build_id(file) == id; };

    if (id.size() > 2) {
        std::vector<std::string> paths{
            fmt::format("{}/.build-id/{}/{}.debug", folders.debug, id.substr(0, 2), id.substr(2))};
        for (const std::string &cache : folders.caches)
            paths.push_back(fmt::format("{}/{}/debuginfo", cache, id));
        for (const std::string &path : paths)
            if (auto file = open_if(path, has_same_id))
                return file;
    }
    const auto link = debug_link(elf);
    if (!link)
        return nullptr;
    std::error_code failed;
    const std::string folder = std::filesystem::weakly_canonical(elf.path(), failed).parent_path();
    for (const std::string &path :
         {folder + "/" + link->name, folder + "/.debug/" + link->name, folders.debug + folder + "/" + link->name})
        if (auto file = open_if(path, [&](const ElfFile &one) {
                return !id.empty() && !build_id(one).empty() ? has_same_id(one) : checksum(path) == link->checksum;
            }))
            return file;
    return nullptr;
}

} // namespace snoop

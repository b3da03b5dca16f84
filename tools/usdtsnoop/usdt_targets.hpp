// SPDX-License-Identifier: BSD-2-Clause
// Finds the probe sites that the arguments BINARY:PROVIDER:NAME select, in all processes or only
// in some.
//     const UsdtTargets places{{UsdtPattern{"libstdc++.so.6:libstdcxx:*"}}, {}};
//     for (const auto &hook : places.hooks()) attach(hook.pid, hook.file, places.sites()[hook.site]);
#pragma once

#include "symbols/file_handle.hpp"
#include "usdtsnoop/usdt_notes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop::usdtsnoop {

// PROVIDER and NAME may have the wildcards of glob(7).
struct UsdtPattern {
    std::string binary, provider, name;

    // Throws Error (exit 2) unless it has three parts. BINARY may contain colons.
    explicit UsdtPattern(std::string_view text);

    [[nodiscard]] bool matches(const std::string &provider, const std::string &name) const;
    // Matches a probe of a recording, whose binary is a path.
    [[nodiscard]] bool matches(const std::string &path, const std::string &provider, const std::string &name) const;
};

// A site, once for each file that has it.
struct UsdtSite {
    std::string binary; // a path
    UsdtProbe probe;
};

// A site to attach to, in one process or, with pid 0, in all.
struct UsdtAttachment {
    std::uint32_t pid;
    std::string file; // the path by which this process can open it
    std::size_t site; // its number in sites()
};

class UsdtTargets {
public:
    // Throws Error (exit 2) if a pattern matches no probe. The message shows how to list the probes.
    UsdtTargets(const std::vector<UsdtPattern> &patterns, const std::vector<std::uint32_t> &pids);

    [[nodiscard]] const std::vector<UsdtSite> &sites() const noexcept { return sites_; }
    [[nodiscard]] const std::vector<UsdtAttachment> &hooks() const noexcept { return hooks_; }

private:
    void add(const UsdtPattern &pattern, std::uint32_t pid);
    // Adds the matching probes of a file, and returns their number.
    std::size_t add_file(const UsdtPattern &pattern, std::uint32_t pid, const std::string &path,
                         const std::string &file);

    struct InodeOffset {
        dev_t device;
        ino_t inode;
        std::uint64_t offset;
        friend bool operator==(const InodeOffset &, const InodeOffset &) = default;
    };

    std::vector<UsdtSite> sites_;
    std::vector<InodeOffset> places_; // of each site
    std::vector<UsdtAttachment> hooks_;
    std::vector<FileHandle> files_; // that the attachments are in
};

// The site as passed to the program. If the path is too long, its beginning is cut.
usdt_site usdt_site_of(const UsdtSite &found);

} // namespace snoop::usdtsnoop

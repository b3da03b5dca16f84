// SPDX-License-Identifier: BSD-2-Clause
// Finds the probe sites that the arguments BINARY:PROVIDER:NAME select, in all processes or only
// in some.
//     const UsdtTargets places{{UsdtPattern{"libstdc++.so.6:libstdcxx:*"}}, {}};
//     for (const auto &hook : places.hooks()) attach(hook.pid, hook.file, places.sites()[hook.site]);
#pragma once

#include "symbols/file_handle.hpp"
#include "usdtsnoop/usdt_notes.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <tuple>
#include <utility>
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

// A site, once for each file that has it. Several probes at one address are several sites.
struct UsdtSite {
    std::string binary; // a path
    UsdtProbe probe;
    std::size_t first_here = 0; // number of the first site at this address; its semaphore is that of all
};

// A site to attach to, in one process or, with pid 0, in all.
struct UsdtAttachment {
    std::uint32_t pid;
    std::string file; // the path by which this process can open it
    std::size_t site; // its number in sites()
};

class UsdtTargets {
public:
    // Each pattern has to match a probe in each process. Throws Error (exit 2) if one does not; the message shows how
    // to list the probes.
    UsdtTargets(const std::vector<UsdtPattern> &patterns, const std::vector<std::uint32_t> &pids);

    [[nodiscard]] const std::vector<UsdtSite> &sites() const noexcept { return sites_; }
    [[nodiscard]] const std::vector<UsdtAttachment> &hooks() const noexcept { return hooks_; }
    // Lines for the user about probes that are not traced as they are in their files.
    [[nodiscard]] const std::vector<std::string> &notices() const noexcept { return notices_; }

private:
    struct Matches {
        std::size_t count = 0;
        std::vector<UsdtProbe> without_code;
    };
    struct InodeOffset {
        dev_t device;
        ino_t inode;
        std::uint64_t offset;
        friend auto operator<=>(const InodeOffset &, const InodeOffset &) = default;
    };
    // Probes with the same names and arguments at one address are one.
    using Identity = std::tuple<InodeOffset, std::string, std::string, std::string>;

    void add(const UsdtPattern &pattern, std::uint32_t pid);
    // Adds the matching probes of a file.
    void add_file(const UsdtPattern &pattern, std::uint32_t pid, const std::string &path, const std::string &file,
                  Matches &matches);
    // The number of a site, which is added if it is new.
    std::size_t number_of(const InodeOffset &place, const std::string &path, UsdtProbe &&probe);
    // The first site at an address has the semaphore of all, since the kernel takes one for each address.
    void share_semaphore(std::size_t first_here, std::size_t number);
    void add_notice(std::string text);

    std::vector<UsdtSite> sites_;
    std::map<Identity, std::size_t> numbers_;
    std::map<InodeOffset, std::size_t> first_at_;
    std::vector<UsdtAttachment> hooks_;
    std::vector<FileHandle> files_;                          // that the attachments are in
    std::set<std::pair<std::uint32_t, std::size_t>> hooked_; // pid and site of each
    std::vector<std::string> notices_;
};

// The site as passed to the program. If the path is too long, its beginning is cut.
usdt_site usdt_site_of(const UsdtSite &found);

} // namespace snoop::usdtsnoop

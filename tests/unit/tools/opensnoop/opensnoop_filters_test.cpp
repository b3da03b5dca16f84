// SPDX-License-Identifier: BSD-2-Clause
// opensnoop's filters and their negations, by replays; and what the kernel compares of --path and --suffix.
#include "opens/path_patterns.hpp"
#include "unit/partition.hpp"
#include "unit/replay.hpp"

#include <snoop/opensnoop.h>

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <fcntl.h>

namespace {

using snoop::PathPattern;
using snoop::PathPatterns;
using testing::ElementsAre;
using testing::IsEmpty;

class OpensnoopFilters : public Replay {
protected:
    OpensnoopFilters() : Replay("opensnoop", OPEN_FORMAT, OPEN_EVENT)
    {
        constexpr std::array results{3, -ENOENT, -EACCES};
        constexpr std::array paths{"/etc/passwd", "/etc/ssl/a.pem", "/proc/1/stat", "a.c"};
        constexpr std::array flags{O_RDONLY, O_WRONLY | O_CREAT, O_RDWR | O_CLOEXEC};

        for (unsigned i = 0; i < 36; i++) {
            auto e = new_event<open_event>(OPEN_EVENT, 0, "a-name");
            make_different(e, i);
            const std::string path = with_nuls({paths[i % paths.size()]});
            e.rec.size = static_cast<std::uint32_t>(sizeof(e) + path.size());
            e.ret = results[i / 4 % results.size()];
            e.dirfd = AT_FDCWD;
            e.flags = static_cast<std::uint32_t>(flags[i / 12 % flags.size()]);
            e.path_len = static_cast<std::uint16_t>(path.size());
            e.via = OPEN_VIA_OPENAT;
            records_.push_back(record_of(e, path));
        }
    }

    std::vector<std::string> rows(const std::vector<std::string> &options) { return sorted_rows(with_, options); }

    std::vector<Record> records_;
    ReplayWith with_ = [this](const std::vector<std::string> &options) { return replay(records_, options); };
};

TEST_F(OpensnoopFilters, NegationsShowTheRest)
{
    expect_partitions_by_task(with_);
    expect_partition(with_, "--comm", "b-name");
    expect_partition(with_, "--comm", "aerver");
    expect_partition(with_, "--errno", "ENOENT");
    expect_partition(with_, "--errno", "13");
    expect_partition(with_, "--errno", "0");
    expect_partition(with_, "--path", "/etc");
    expect_partition(with_, "--path", "*/ssl/*");
    expect_partition(with_, "--suffix", ".c");
    expect_partition(with_, "--flags", "O_CREAT,O_RDONLY");
}

TEST_F(OpensnoopFilters, Errors)
{
    EXPECT_EQ(rows({}).size(), 36u);
    EXPECT_EQ(rows({"--errno", "!0"}), rows({"-x"}));
    EXPECT_EQ(rows({"--errno", "enoent", "--errno", "EACCES"}), rows({"-x"}));
    EXPECT_EQ(rows({"-x", "--errno", "!ENOENT"}), rows({"--errno", "EACCES"}));
    EXPECT_EQ(rows({"--errno", "ENOENT"}).size(), 12u);
    const Finished unknown = replay(records_, {"--errno", "EACCESS"});
    EXPECT_EQ(unknown.exit, 2);
    EXPECT_EQ(unknown.err, "opensnoop: --errno: unknown error 'EACCESS'; did you mean EACCES?\n");
}

TEST_F(OpensnoopFilters, APositiveAndANegative)
{
    EXPECT_EQ(rows({"--path", "/etc", "--path", "!/etc/ssl"}), rows({"--path", "/etc/passwd"}));
    EXPECT_THAT(rows({"--path", "/etc/ssl", "--path", "!/etc"}), IsEmpty());
    EXPECT_EQ(rows({"--flags", "O_WRONLY,O_RDWR", "--flags", "!O_CLOEXEC"}), rows({"--flags", "O_CREAT"}));
}

// A trie answers with the longest of its entries that matches.
TEST(PathPatterns, TrieOfTheKernel)
{
    const auto trie = [](const std::vector<PathPattern> &all, PathPatterns::Part part = PathPatterns::Part::begin) {
        return PathPatterns{all, part}.for_trie();
    };
    const PathPattern etc{"/etc"}, ssl{"/etc/ssl"}, no_etc{"/etc", true}, no_ssl{"/etc/ssl", true}, glob{"*/x"},
        no_glob{"*/x", true};

    EXPECT_THAT(trie({etc, no_ssl}), ElementsAre(etc, no_ssl));
    EXPECT_THAT(trie({ssl, no_etc}), ElementsAre(no_etc));
    EXPECT_THAT(trie({etc, no_etc}), ElementsAre(no_etc));
    EXPECT_THAT(trie({etc, glob, no_ssl}), ElementsAre(no_ssl));
    EXPECT_THAT(trie({etc, no_glob}), ElementsAre(etc));
    EXPECT_THAT(trie({glob}), IsEmpty());
    EXPECT_THAT(trie({{"a.c"}, {".c", true}, {"c", false}}, PathPatterns::Part::end),
                ElementsAre(PathPattern{".c", true}, PathPattern{"c"}));
    EXPECT_TRUE((PathPatterns{{etc, no_glob}, PathPatterns::Part::begin}.needs_user_space()));
    EXPECT_FALSE((PathPatterns{{etc, no_ssl}, PathPatterns::Part::begin}.needs_user_space()));
}

} // namespace

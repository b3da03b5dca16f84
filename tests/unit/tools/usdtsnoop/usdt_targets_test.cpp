// SPDX-License-Identifier: BSD-2-Clause
// The probes and files that a command line names.
#include "unit/elf.hpp"
#include "unit/files.hpp"
#include "unit/run.hpp"

#include "base/error.hpp"
#include "symbols/binaries.hpp"
#include "usdtsnoop/usdt_targets.hpp"

#include <gmock/gmock.h>

#include <sys/prctl.h>

namespace {

using namespace snoop;
using namespace snoop::usdtsnoop;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string refusal(const std::function<void()> &call)
{
    try {
        call();
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage);
        return error.what();
    }
    return "no refusal";
}

TEST(UsdtPattern, Parts)
{
    const UsdtPattern pattern{"/a:b/c:one:t*"};
    EXPECT_EQ(pattern.binary, "/a:b/c");
    EXPECT_EQ(pattern.provider, "one");
    EXPECT_EQ(pattern.name, "t*");
    for (const char *bad : {"", ":", "::", ":::", "a", "a:b", ":b:c", "a::c", "a:b:", "a:", ":b"})
        EXPECT_THAT(refusal([&] { UsdtPattern{bad}; }), HasSubstr("is not of the form BINARY:PROVIDER:NAME")) << bad;
}

TEST(UsdtPattern, Matches)
{
    EXPECT_TRUE((UsdtPattern{"x:py*:function__*"}.matches("python", "function__entry")));
    EXPECT_FALSE((UsdtPattern{"x:py*:function__*"}.matches("python", "line")));
    EXPECT_FALSE((UsdtPattern{"x:py*:*"}.matches("ruby", "line")));
    EXPECT_TRUE((UsdtPattern{"x:*:[ab]?"}.matches("p", "b1")));
    // In a recording the binary is a path.
    EXPECT_TRUE((UsdtPattern{"libx.so:*:*"}.matches("/lib/libx.so", "p", "n")));
    EXPECT_TRUE((UsdtPattern{"libx*:*:*"}.matches("/lib/libx.so", "p", "n")));
    EXPECT_FALSE((UsdtPattern{"lib:*:*"}.matches("/lib/libx.so", "p", "n")));
    EXPECT_TRUE((UsdtPattern{"/lib/libx.so:*:*"}.matches("/lib/libx.so", "p", "n")));
    EXPECT_FALSE((UsdtPattern{"/lib/libx.so:*:*"}.matches("/usr/lib/libx.so", "p", "n")));
}

class UsdtTargetsTest : public testing::Test {
protected:
    UsdtTargetsTest()
    {
        TinyElf elf;
        elf.notes = usdt_note({.location = 0x401010, .name = "a"}) + usdt_note({.location = 0x401020, .name = "a"}) +
                    usdt_note({.location = 0x401030, .name = "b"});
        write_file(path_, elf.bytes());
    }

    TempDir dir_;
    const std::string path_ = dir_ / "file";
};

TEST_F(UsdtTargetsTest, EachSiteOnce)
{
    std::filesystem::create_symlink(path_, dir_ / "link");
    const UsdtTargets places{{UsdtPattern{path_ + ":app:*"}, UsdtPattern{dir_ / "link" + ":app:a"}}, {}};

    std::vector<std::uint64_t> offsets;
    for (const UsdtSite &found : places.sites()) {
        EXPECT_EQ(found.binary, path_);
        offsets.push_back(found.probe.offset);
    }
    EXPECT_THAT(offsets, ElementsAre(0x1010, 0x1020, 0x1030));
    EXPECT_THAT(places.hooks(), SizeIs(3));
    EXPECT_EQ(places.hooks()[2].pid, 0u);
    EXPECT_EQ(places.hooks()[2].site, 2u);
}

// One place is attached separately for each process.
TEST_F(UsdtTargetsTest, OfProcesses)
{
    const auto own = static_cast<std::uint32_t>(getpid());
    const UsdtTargets places{{UsdtPattern{path_ + ":app:b"}}, {own, static_cast<std::uint32_t>(getppid()), own}};

    EXPECT_THAT(places.sites(), SizeIs(1));
    ASSERT_THAT(places.hooks(), SizeIs(2));
    EXPECT_EQ(places.hooks()[0].pid, own);
    EXPECT_TRUE(std::filesystem::equivalent(places.hooks()[0].file, path_));
}

TEST_F(UsdtTargetsTest, UnknownProbes)
{
    EXPECT_THAT(refusal([&] {
                    UsdtTargets{{UsdtPattern{path_ + ":app:c"}}, {}};
                }),
                HasSubstr("has no probe app:c; `usdtsnoop --list " + path_ + "` lists"));
    EXPECT_THAT(refusal([&] {
                    UsdtTargets{{UsdtPattern{path_ + ":app:c"}}, {1}};
                }),
                HasSubstr("usdtsnoop -p 1 --list"));
    EXPECT_THAT(refusal([&] { UsdtTargets{{UsdtPattern{path_ + ":app:a"}}, {4194304}}; }), HasSubstr("no process"));
}

// Functions with the same code can become one (identical code folding), each with its probe.
TEST_F(UsdtTargetsTest, ProbesAtOneAddress)
{
    TinyElf elf;
    elf.notes = usdt_note({.name = "a"}) + usdt_note({.name = "a"}) + usdt_note({.semaphore = 0x401100, .name = "b"}) +
                usdt_note({.name = "b", .arguments = "8@1"});
    write_file(path_, elf.bytes());
    const UsdtTargets places{{UsdtPattern{path_ + ":app:*"}}, {}};

    std::string all;
    for (const UsdtSite &site : places.sites())
        all += fmt::format("{} {} of {}, ", site.probe.name, site.probe.args.size(), site.first_here);
    EXPECT_EQ(all, "a 0 of 0, b 0 of 0, b 1 of 0, ");
    EXPECT_THAT(places.hooks(), SizeIs(3));
    EXPECT_EQ(places.sites()[0].probe.semaphore_offset, 0x1100u);
    EXPECT_THAT(places.notices(), SizeIs(0));
}

TEST_F(UsdtTargetsTest, SemaphoresAtOneAddress)
{
    TinyElf elf;
    elf.notes = usdt_note({.semaphore = 0x401100, .name = "a"}) + usdt_note({.semaphore = 0x401102, .name = "b"});
    write_file(path_, elf.bytes());
    const UsdtTargets places{{UsdtPattern{path_ + ":app:*"}}, {}};

    EXPECT_EQ(places.sites()[0].probe.semaphore_offset, 0x1100u);
    ASSERT_THAT(places.notices(), SizeIs(1));
    EXPECT_THAT(places.notices()[0], HasSubstr("app:a and app:b are at one address"));
}

TEST_F(UsdtTargetsTest, ProbesWithoutCode)
{
    TinyElf elf;
    elf.notes = usdt_note({.name = "alive"}) + usdt_note({.location = 0, .name = "dead"}) +
                usdt_note({.location = 0, .name = "gone"});
    write_file(path_, elf.bytes());
    const UsdtTargets all{{UsdtPattern{path_ + ":app:*"}, UsdtPattern{path_ + ":app:[adg]*"}}, {}};

    EXPECT_THAT(all.sites(), SizeIs(1));
    EXPECT_THAT(all.notices(), ElementsAre(HasSubstr("skipped 2 probes without code")));
    const UsdtTargets alive{{UsdtPattern{path_ + ":app:alive"}}, {}};
    EXPECT_THAT(alive.notices(), SizeIs(0)) << "others do not matter";
    EXPECT_THAT(refusal([&] {
                    UsdtTargets{{UsdtPattern{path_ + ":app:dead"}}, {}};
                }),
                HasSubstr("skipped a probe without code, which the linker has removed: app:dead"));
}

// Several patterns, each with several probes, of one process.
TEST_F(UsdtTargetsTest, PatternsOfAProcess)
{
    const auto own = static_cast<std::uint32_t>(getpid());
    const UsdtTargets places{{UsdtPattern{path_ + ":a*:a"}, UsdtPattern{path_ + ":app:[ab]"}}, {own}};

    EXPECT_THAT(places.sites(), SizeIs(3));
    EXPECT_THAT(places.hooks(), SizeIs(3));
}

TEST_F(UsdtTargetsTest, NamesFitIn)
{
    UsdtSite found{"/usr/bin/app", {}};
    found.probe.provider = "one";
    found.probe.name = "two";
    const auto names = [&] {
        const usdt_site site = usdt_site_of(found);
        return std::string{site.names, site.names_len};
    };

    using namespace std::string_literals;
    EXPECT_EQ(names(), "/usr/bin/app\0one\0two\0"s);
    found.binary = std::string(USDT_NAMES_MAX - 9, 'x');
    EXPECT_EQ(names(), found.binary + "\0one\0two\0"s);
    found.binary += "end";
    EXPECT_EQ(names(), "..." + std::string(USDT_NAMES_MAX - 15, 'x') + "end\0one\0two\0"s);
    found.probe.name = std::string(USDT_NAMES_MAX - 9, 'n');
    EXPECT_EQ(names(), "...\0one\0"s + found.probe.name + '\0');
    found.probe.name += 'n';
    EXPECT_THAT(refusal(names), HasSubstr("name is too long"));
}

TEST(Binaries, ByName)
{
    EXPECT_EQ(find_binary("./x"), "./x");
    const std::string sh = find_binary("sh");
    EXPECT_TRUE(sh.ends_with("/sh")) << sh;
    EXPECT_TRUE(std::filesystem::exists(find_binary("libc.so.6")));
    EXPECT_THAT(refusal([] { find_binary("no-such-binary"); }), HasSubstr("neither on the PATH nor"));
    EXPECT_THAT(refusal([] { find_binary(""); }), HasSubstr("neither on the PATH nor"));
}

TEST(Binaries, RejectsDirectory)
{
    const TempDir dir;
    std::filesystem::create_directory(dir / "thing");
    setenv("LD_LIBRARY_PATH", dir.path().c_str(), 1);
    EXPECT_THAT(refusal([] { find_binary("thing"); }), HasSubstr("neither"));
    write_file(dir / "other", "");
    EXPECT_EQ(find_binary("other"), dir / "other");
    unsetenv("LD_LIBRARY_PATH");
}

TEST(Binaries, MappedByProcess)
{
    const auto own = static_cast<std::uint32_t>(getpid());
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const auto found = find_binaries_of(own, std::filesystem::path{self}.filename());

    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].path, self);
    EXPECT_TRUE(std::filesystem::equivalent(found[0].file, self));
    EXPECT_GT(find_binaries_of(own, "*").size(), 2u);
    EXPECT_THAT(find_binaries_of(own, "libc.so*"), SizeIs(1));
    EXPECT_THAT(refusal([&] { find_binaries_of(own, "no-such*"); }), HasSubstr("has not mapped 'no-such*'"));
}

} // namespace

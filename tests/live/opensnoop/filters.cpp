// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: filters by path, suffix, flags and result.
#include "accounting.hpp"
#include "open_ways.hpp"
#include "opensnoop/opensnoop.hpp"

#include <snoop/opensnoop.h>

#include <cstddef>
#include <utility>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t longest_prefix = OPEN_PREFIX_MAX, longest_suffix = OPEN_SUFFIX_MAX;

class OpenFilters : public OpensnoopRows {
protected:
    // The paths of a child's opens that are shown with these options.
    std::vector<std::string> shown(const Args &options, const std::vector<std::pair<std::string, int>> &opens) const
    {
        Args args{"-o", "json", "-n", "opener"};
        args.insert(args.end(), options.begin(), options.end());
        ToolRun tool{"opensnoop", args};
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "opener");
            for (const auto &[path, flags] : opens)
                open(path.c_str(), flags, 0600);
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> paths;
        for (const auto &row : tool.rows())
            if (row["pid"] == done.pid)
                paths.push_back(row["path"]);
        auto accounting = expect_balance(tool.err());
        EXPECT_GE(accounting["filtered"], opens.size() - paths.size());
        return paths;
    }
    std::vector<std::string> shown(const Args &options, const std::vector<std::string> &paths) const
    {
        std::vector<std::pair<std::string, int>> opens;
        for (const auto &path : paths)
            opens.emplace_back(path, O_RDONLY);
        return shown(options, opens);
    }
};

TEST_F(OpenFilters, FailedOnly)
{
    EXPECT_THAT(shown({"-x"}, {one, dir.at("nothing")}), ElementsAre(dir.at("nothing")));
    EXPECT_THAT(shown({"--failed"}, {one}), IsEmpty());
    EXPECT_THAT(shown({}, {one, dir.at("nothing")}), ElementsAre(one, dir.at("nothing")));
}

TEST_F(OpenFilters, PathWithWildcardsAndNegations)
{
    const std::string two = dir.file("two", ""), here = dir.path();

    EXPECT_THAT(shown({"--path", "*/tw?"}, {one, two}), ElementsAre(two));
    EXPECT_THAT(shown({"--path", "*" + two.substr(4) + "*"}, {one, two}), ElementsAre(two));
    EXPECT_THAT(shown({"--path", "!" + two}, {one, two}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", here, "--path", "!*/one"}, {one, two, "/etc/passwd"}), ElementsAre(two));
    EXPECT_THAT(shown({"--suffix", "!one", "--path", here}, {one, two}), ElementsAre(two));
}

// Those without wildcards are compared in the kernel, where the longest one decides.
TEST_F(OpenFilters, NegationsInTheKernel)
{
    const std::string here = dir.path(), two = dir.file("two", ""), twofold = dir.file("twofold", "");
    const std::vector<std::string> all{one, two, twofold, "/etc/passwd"};

    EXPECT_THAT(shown({"--path", "!" + here}, all), ElementsAre("/etc/passwd"));
    EXPECT_THAT(shown({"--path", here, "--path", "!" + two}, all), ElementsAre(one));
    EXPECT_THAT(shown({"--path", twofold, "--path", "!" + two}, all), IsEmpty());
    EXPECT_THAT(shown({"--path", two, "--path", "!" + twofold}, all), ElementsAre(two));
    EXPECT_THAT(shown({"--suffix", "!fold"}, all), ElementsAre(one, two, "/etc/passwd"));
    EXPECT_THAT(shown({"--suffix", "o", "--suffix", "!wo", "--suffix", "e"}, all), ElementsAre(one));
}

TEST_F(OpenFilters, Errors)
{
    const std::string nothing = dir.at("nothing"), below = one + "/below";
    const std::vector<std::string> all{one, nothing, below}; // 0, ENOENT, ENOTDIR

    EXPECT_THAT(shown({"--errno", "ENOENT"}, all), ElementsAre(nothing));
    EXPECT_THAT(shown({"--errno", "enoent", "--errno", "20"}, all), ElementsAre(nothing, below));
    EXPECT_THAT(shown({"--errno", "!ENOENT"}, all), ElementsAre(one, below));
    EXPECT_THAT(shown({"-x", "--errno", "!ENOENT"}, all), ElementsAre(below));
    EXPECT_THAT(shown({"--errno", "0"}, all), ElementsAre(one));
    EXPECT_THAT(shown({"--errno", "!0"}, all), ElementsAre(nothing, below));
    EXPECT_THAT(shown({"--errno", "EACCES"}, all), IsEmpty());
}

// "Who writes below DIR", whichever way the file is named.
TEST_F(OpenFilters, FullPathIsWhereItLed)
{
    const std::string below = dir.at("etc"), link = dir.at("link"), target = below + "/target";
    ASSERT_EQ(mkdir(below.c_str(), 0755) | symlink("etc", link.c_str()), 0);
    ASSERT_EQ(chdir(dir.path().c_str()), 0);
    write_file(target, "");

    EXPECT_THAT(shown({"-F", "--path", below},
                      {target, dir.path() + "//etc/target", link + "/target", "etc/../etc/target", "etc/nothing", one}),
                ElementsAre(target, dir.path() + "//etc/target", link + "/target", "etc/../etc/target", "etc/nothing"));
    EXPECT_THAT(shown({"-F", "--path", "!" + below}, {link + "/target", one}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", below}, {link + "/target", target}), ElementsAre(target));
    ASSERT_EQ(chdir("/"), 0);
}

TEST_F(OpenFilters, SaysWherePathsAreCompared)
{
    const auto said = [](Args args) {
        args.insert(args.begin(), {"-v", "-d", "0.01"});
        return run_tool("opensnoop", args).err;
    };

    EXPECT_THAT(said({"--path", "/etc"}), HasSubstr("--path: compared in the kernel, with the path as given\n"));
    EXPECT_THAT(said({"--path", "/etc", "--path", "!/etc/ssl"}),
                HasSubstr("--path: compared in the kernel, with the path as given\n"));
    EXPECT_THAT(said({"--path", "/etc", "--path", "!*/x"}),
                HasSubstr("--path: compared in the kernel, except for patterns with wildcards"));
    EXPECT_THAT(said({"--path", "*/passwd"}), HasSubstr("--path: compared in user space, with the path as given\n"));
    EXPECT_THAT(said({"-F", "--path", "/etc"}),
                HasSubstr("--path: compared in user space, with the path that was opened\n"));
}

TEST_F(OpenFilters, Prefix)
{
    const std::string other = dir.file("other", ""), on = dir.file("on", "");
    const std::string longest = dir.path() + "/" + std::string(longest_prefix - dir.path().size() - 1, 'p');

    EXPECT_THAT(shown({"--path", dir.at("on")}, {one, other, on, dir.at("o")}), ElementsAre(one, on));
    EXPECT_THAT(shown({"--path", dir.at("one"), "--path", dir.at("other")}, {one, other, on}), ElementsAre(one, other));
    EXPECT_THAT(shown({"--path", dir.path()}, {one, "/etc/passwd"}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", "/"}, {"relative", one}), ElementsAre(one));
    EXPECT_THAT(shown({"--path", longest}, {longest, longest + "/below", longest.substr(0, longest.size() - 1)}),
                ElementsAre(longest, longest + "/below"));
}

TEST_F(OpenFilters, Suffix)
{
    EXPECT_THAT(shown({"--suffix", ".conf"}, {"/a.conf", "/a.confi", "/aconf", ".conf", "conf", "/x.conf/y"}),
                ElementsAre("/a.conf", ".conf"));
    EXPECT_THAT(shown({"--suffix", ".c", "--suffix", ".h"}, {"a.c", "a.h", "a.o", "c", "h"}),
                ElementsAre("a.c", "a.h"));
    const std::string longest(longest_suffix, 's');
    EXPECT_THAT(shown({"--suffix", longest}, {longest, "x" + longest, longest.substr(1)}),
                ElementsAre(longest, "x" + longest));
    EXPECT_THAT(shown({"--suffix", ".c", "--path", "/src"}, {"/src/a.c", "/src/a.h", "a.c"}), ElementsAre("/src/a.c"));
}

TEST_F(OpenFilters, Flags)
{
    const std::vector<std::pair<std::string, int>> opens{{dir.at("r"), O_RDONLY},
                                                         {dir.at("w"), O_WRONLY},
                                                         {dir.at("rw"), O_RDWR},
                                                         {dir.at("c"), O_RDWR | O_CREAT},
                                                         {dir.at("d"), O_RDONLY | O_DIRECTORY},
                                                         {dir.path(), O_RDWR | O_TMPFILE}};

    EXPECT_THAT(shown({"--flags", "O_WRONLY,O_CREAT"}, opens), ElementsAre(dir.at("w"), dir.at("c")));
    EXPECT_THAT(shown({"--flags", "O_WRONLY", "--flags", "O_CREAT"}, opens), ElementsAre(dir.at("w"), dir.at("c")));
    EXPECT_THAT(shown({"--flags", "O_RDONLY"}, opens), ElementsAre(dir.at("r"), dir.at("d")));
    EXPECT_THAT(shown({"--flags", "O_TMPFILE"}, opens), ElementsAre(dir.path()));
    EXPECT_THAT(shown({"--flags", "!O_RDONLY,O_CREAT,O_TMPFILE"}, opens), ElementsAre(dir.at("w"), dir.at("rw")));
    EXPECT_THAT(shown({"--flags", "O_RDWR", "--flags", "!O_CREAT", "--flags", "!O_TMPFILE"}, opens),
                ElementsAre(dir.at("rw")));
}

// A handle has no path to compare; where it led is compared instead.
TEST_F(OpenFilters, AHandleCannotEvadeThem)
{
    const std::string mount = dir.folder("mount"), mark = marker();
    const TmpFs here{mount, "size=64k,mode=755"};
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (const char *name : {"/yes.conf", "/no.conf", "/yes.txt"})
        write_file(mount + name, "");
    ToolRun tool{"opensnoop", {"--path", mount + "/yes", "--suffix", ".conf", "-n", "opener"}};

    in_child([&] {
        prctl(PR_SET_NAME, "opener");
        for (const char *name : {"/yes.conf", "/no.conf", "/yes.txt"})
            if (open_call(Opener::handle, {.path = mount + name, .dirfd = on_mount.get()}) < 0)
                _exit(1);
    });
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.lines(), SizeIs(2)) << tool.out();
    EXPECT_THAT(tool.lines()[1], HasSubstr(mount + "/yes.conf"));
    EXPECT_GE(expect_balance(tool.err())["filtered"], 2u); // and what others opened
}

// JSON asks for the user's name, and so the tool itself opens /etc/passwd.
TEST_F(OpenFilters, TheToolsOwnOpensAreNotShown)
{
    const std::string mark = marker(), path = dir.folder(mark);
    ToolRun tool{"opensnoop", {"-o", "json"}};

    in_child([&] {
        become(1000, 1000);
        open(path.c_str(), O_RDONLY);
    });
    tool.row_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    for (const auto &row : tool.rows())
        EXPECT_NE(row["pid"], tool.pid()) << row;
}

} // namespace
} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// Checks the chapters against the sources: code is quoted byte for byte, no chapter lacks a section, and
// links of all documents resolve.
#include "chapter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

using namespace snoop::test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

namespace {

constexpr std::size_t most_lines = 25; // in a block of code that is not a whole listing

std::string at(const Chapter &chapter, int line) { return chapter.path + ":" + std::to_string(line); }

// For file=bpf/execcount.bpf.c#on_exec: the lines are in that file, and the name is in them or before them.
void expect_quoted(const Chapter &chapter, const Fence &fence)
{
    const std::string source = fence.get("file"), file = source.substr(0, source.find('#'));
    const auto lines = read_lines(source_dir() + "/" + file);
    const auto found = std::search(lines.begin(), lines.end(), fence.lines.begin(), fence.lines.end());

    ASSERT_FALSE(fence.lines.empty()) << at(chapter, fence.line);
    ASSERT_NE(found, lines.end()) << at(chapter, fence.line) << ": these lines are not in " << file;
    EXPECT_TRUE(fence.has("listing") || fence.lines.size() <= most_lines) << at(chapter, fence.line);
    if (source.find('#') == source.npos)
        return;
    const std::string name = source.substr(source.find('#') + 1);
    EXPECT_TRUE(std::any_of(lines.begin(), found + static_cast<std::ptrdiff_t>(fence.lines.size()),
                            [&](const auto &line) { return line.find(name) != line.npos; }))
        << at(chapter, fence.line) << ": " << name << " is not in or before these lines";
}

// Makes an anchor as GitHub does: "## Break it" becomes #break-it.
std::string anchor_of(const std::string &heading)
{
    std::string anchor;

    for (const char c : heading.substr(std::min(heading.size(), heading.find_first_not_of("# "))))
        if (c == ' ')
            anchor += '-';
        else if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_')
            anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return anchor;
}

void expect_link(const Chapter &chapter, const Link &link)
{
    if (link.to.starts_with("http"))
        return;
    const std::string path = link.to.substr(0, link.to.find('#'));
    const auto target =
        path.empty() ? std::filesystem::path{chapter.path} : std::filesystem::path{chapter.path}.parent_path() / path;

    ASSERT_TRUE(std::filesystem::exists(target)) << at(chapter, link.line) << ": " << link.to;
    if (const auto hash = link.to.find('#'); hash != link.to.npos && target.extension() == ".md") {
        std::vector<std::string> anchors;
        for (const auto &heading : read_chapter("", target).headings)
            anchors.push_back(anchor_of(heading));
        EXPECT_THAT(anchors, Contains(link.to.substr(hash + 1))) << at(chapter, link.line) << ": " << link.to;
    }
}

// The project's Markdown files, but not copies of it below build/.
std::vector<std::string> pages()
{
    namespace fs = std::filesystem;
    std::vector<std::string> paths;

    for (fs::recursive_directory_iterator entry{source_dir()}, end; entry != end; ++entry)
        if (entry.depth() == 0 && (entry->path().filename() == "build" || entry->path().filename() == ".git"))
            entry.disable_recursion_pending();
        else if (entry->path().extension() == ".md")
            paths.push_back(entry->path());
    return paths;
}

} // namespace

TEST(TutorialText, QuotesCodeByteForByte)
{
    std::size_t quotes = 0;

    for (const auto &chapter : chapters())
        for (const auto &fence : chapter.fences) {
            const bool is_code = fence.language == "c" || fence.language == "cpp" || fence.language == "cmake";
            EXPECT_TRUE(!is_code || fence.has("file")) << at(chapter, fence.line) << ": code without file=";
            if (fence.has("file")) {
                expect_quoted(chapter, fence);
                quotes++;
            }
        }
    EXPECT_GT(quotes, 10u);
}

// A folder that stands by itself has copies: of the kit's program, and of the Makefile.
TEST(TutorialText, FoldersAreEqual)
{
    const std::string tutorial = source_dir() + "/docs/tutorial/", first = tutorial + "01-hello-world/hello/";
    std::vector<std::string> makefile = read_lines(first + "Makefile");
    int folders = 0;

    EXPECT_EQ(read_lines(first + "hello.bpf.c"), read_lines(source_dir() + "/bpf/hello.bpf.c"));
    for (const auto &chapter : chapters())
        for (const auto &folder : std::filesystem::directory_iterator{tutorial + chapter.name})
            if (const std::string path = folder.path() / "Makefile"; std::filesystem::exists(path)) {
                const std::string name = folder.path().filename();
                std::ranges::replace_if(
                    makefile, [](const auto &line) { return line.starts_with("NAME := "); }, "NAME := " + name);
                EXPECT_EQ(read_lines(path), makefile);
                for (const auto &file : {name + ".bpf.c", name + ".cpp", std::string{"README.md"}})
                    EXPECT_TRUE(std::filesystem::exists(folder.path() / file)) << path;
                folders++;
            }
    EXPECT_EQ(folders, 4);
}

// A screen is run by console_test, or by it as a reader alone, or says why it is not.
TEST(TutorialText, EveryScreenRunsOrSaysWhyNot)
{
    for (const auto &chapter : chapters())
        for (const auto &fence : chapter.fences)
            EXPECT_TRUE(fence.language != "console" || fence.get("test") == "run" || fence.get("test") == "reader" ||
                        fence.has("why"))
                << at(chapter, fence.line);
}

TEST(Documents, LinksResolve)
{
    const auto paths = pages();

    EXPECT_GE(paths.size(), 25u);
    for (const std::string &path : paths)
        for (const Chapter page = read_chapter(path, path); const Link &link : page.links)
            expect_link(page, link);
}

// Costs in a chapter's tables are medians of docs/reports/benchmarks.md.
TEST(TutorialText, CostsMatchTheBenchmarks)
{
    const auto lines_of = [](const std::string &path) {
        std::string lines;
        for (const auto &line : read_lines(path))
            if (line.starts_with("| "))
                lines += line + "\n";
        return lines;
    };
    const std::string benchmarks = lines_of(source_dir() + "/docs/reports/benchmarks.md");
    int costs = 0;

    for (const auto &chapter : chapters()) {
        const std::string tables = lines_of(chapter.path);
        const std::regex cost{"([0-9][0-9,.]*) ns"};
        for (std::sregex_iterator found{tables.begin(), tables.end(), cost}, end; found != end; ++found, costs++)
            EXPECT_THAT(benchmarks, HasSubstr("| " + (*found)[1].str() + " (")) << chapter.path;
    }
    EXPECT_GE(costs, 4);
}

TEST(TutorialText, EveryChapterHasAllSections)
{
    const auto all = chapters();

    EXPECT_GE(all.size(), 6u);
    for (const auto &chapter : all) {
        if (chapter.name.starts_with("00-") || chapter.name.starts_with("05-") || chapter.name.starts_with("06-"))
            continue; // chapter 0 has no program, chapter 5 only breaks programs, and chapter 6 is the reader's
        EXPECT_THAT(chapter.headings,
                    IsSupersetOf({"## The question", "## The picture", "## Run it", "## The code", "## Lessons",
                                  "## Break it", "## Exercises", "## Pitfalls", "## What it needs"}))
            << chapter.path;
    }
}

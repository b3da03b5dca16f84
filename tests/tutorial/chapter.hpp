// SPDX-License-Identifier: BSD-2-Clause
// Reads Markdown as far as the tests need it: headings, fences and links.
//     for (const Chapter &chapter : chapters())
//         for (const Fence &fence : chapter.fences) if (fence.language == "console") …
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

// A fenced block, such as ```console test=run needs=kprobe.
struct Fence {
    std::string language;
    std::map<std::string, std::string> words; // {"test", "run"}, {"needs", "kprobe"}; "exact" alone: {"exact", ""}
    std::vector<std::string> lines;
    int line; // number of its first line in the file
    [[nodiscard]] bool has(const std::string &word) const { return words.contains(word); }
    [[nodiscard]] std::string get(const std::string &word) const { return has(word) ? words.at(word) : ""; }
};

struct Link {
    std::string to;
    int line;
};

struct Chapter {
    std::string name; // "02-execcount"
    std::string path; // to its README.md
    std::vector<std::string> headings;
    std::vector<Fence> fences;
    std::vector<Link> links;
};

// Returns the root of the source tree.
std::string source_dir();

// Reads a Markdown file. Throws if a fence is not closed.
Chapter read_chapter(const std::string &name, const std::string &path);

// Reads all docs/tutorial/NN-name/README.md, in order.
std::vector<Chapter> chapters();

std::vector<std::string> read_lines(const std::string &path);

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// The chapters of docs/tutorial, as far as tests look at them: headings, fences, links.
//     for (const Chapter &chapter : chapters())
//         for (const Fence &fence : chapter.fences) if (fence.language == "console") …
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

// ```console test=run needs=kprobe
struct Fence {
    std::string language;
    std::map<std::string, std::string> words; // {"test", "run"}, {"needs", "kprobe"}; "exact" alone: {"exact", ""}
    std::vector<std::string> lines;
    int line; // of the file, of its first line
    [[nodiscard]] bool has(const std::string &word) const { return words.contains(word); }
    [[nodiscard]] std::string get(const std::string &word) const { return has(word) ? words.at(word) : ""; }
};

struct Link {
    std::string to;
    int line;
};

struct Chapter {
    std::string name; // "02-execcount"
    std::string path; // of its README.md
    std::vector<std::string> headings;
    std::vector<Fence> fences;
    std::vector<Link> links;
};

// Where the sources are.
std::string source_dir();

// A file written in Markdown. Throws for a fence that does not end.
Chapter read_chapter(const std::string &name, const std::string &path);

// All of docs/tutorial/NN-name/README.md, in their order.
std::vector<Chapter> chapters();

std::vector<std::string> read_lines(const std::string &path);

} // namespace snoop::test

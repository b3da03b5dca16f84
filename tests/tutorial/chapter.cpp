// SPDX-License-Identifier: BSD-2-Clause
#include "chapter.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace snoop::test {
namespace {

constexpr std::string_view mark = "```";

Fence fence_of(const std::string &info, int line)
{
    Fence fence{.language = {}, .words = {}, .lines = {}, .line = line};
    std::istringstream words{info};

    words >> fence.language;
    for (std::string word; words >> word;) {
        const auto equals = word.find('=');
        fence.words[word.substr(0, equals)] = equals == word.npos ? "" : word.substr(equals + 1);
    }
    return fence;
}

} // namespace

std::string source_dir() { return SNOOP_SOURCE_DIR; }

std::vector<std::string> read_lines(const std::string &path)
{
    std::ifstream file{path};
    std::vector<std::string> lines;

    if (!file)
        throw std::runtime_error("cannot read " + path);
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

Chapter read_chapter(const std::string &name, const std::string &path)
{
    static const std::regex link_text{R"(\]\(([^)\s]+)\))"};
    Chapter chapter{name, path, {}, {}, {}};
    bool is_inside = false;
    int number = 0;

    for (const auto &line : read_lines(path)) {
        number++;
        if (line.starts_with(mark)) {
            is_inside = !is_inside;
            if (is_inside)
                chapter.fences.push_back(fence_of(line.substr(mark.size()), number + 1));
        } else if (is_inside) {
            chapter.fences.back().lines.push_back(line);
        } else {
            if (line.starts_with("#"))
                chapter.headings.push_back(line);
            for (std::sregex_iterator one{line.begin(), line.end(), link_text}, none; one != none; ++one)
                chapter.links.push_back({(*one)[1], number});
        }
    }
    if (is_inside)
        throw std::runtime_error(path + ": the last fence is not closed");
    return chapter;
}

std::vector<Chapter> chapters()
{
    namespace fs = std::filesystem;
    std::vector<Chapter> all;

    for (const auto &folder : fs::directory_iterator{source_dir() + "/docs/tutorial"})
        if (const auto text = folder.path() / "README.md"; folder.is_directory() && fs::exists(text))
            all.push_back(read_chapter(folder.path().filename(), text));
    std::ranges::sort(all, {}, &Chapter::name);
    return all;
}

} // namespace snoop::test

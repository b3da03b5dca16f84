// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/normalize.hpp"
#include "snoop-diff/temporary_names.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace snoop::snoop_diff {
namespace {

constexpr std::size_t shortest_word = 3;
constexpr std::uint64_t least_pid = 100;

bool is_of_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The length of the word at `at`; 0 if there is none.
std::size_t word_size(std::string_view text, std::size_t at)
{
    const auto first = text.begin() + static_cast<std::ptrdiff_t>(at);

    return static_cast<std::size_t>(std::find_if_not(first, text.end(), is_of_word) - first);
}

// The length of what `pattern` describes at `at`, where 0 stands for a digit and x for a hexadecimal one; 0: no match.
std::size_t match(std::string_view text, std::size_t at, std::string_view pattern)
{
    if (text.size() - at < pattern.size())
        return 0;
    for (std::size_t i = 0; i < pattern.size(); i++) {
        const char c = text[at + i];
        const bool is_hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (pattern[i] == '0' ? !is_digit(c) : pattern[i] == 'x' ? !is_hex : c != pattern[i])
            return 0;
    }
    return at + pattern.size() < text.size() && is_digit(text[at + pattern.size()]) ? 0 : pattern.size();
}

struct Form {
    std::string_view name;
    std::size_t length; // 0: none is there
};

Form known_form(std::string_view text, std::size_t at)
{
    constexpr std::pair<std::string_view, std::string_view> forms[] = {
        {"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "<uuid>"},
        {"0000-00-00T00:00:00", "<time>"},
        {"0000-00-00_00:00:00", "<time>"},
        {"0000-00-00_00-00-00", "<time>"},
        {"0000-00-00-00-00-00", "<time>"},
        {"0000-00-00_000000", "<time>"},
        {"0000-00-00-000000", "<time>"},
        {"00000000-000000", "<time>"},
        {"00000000-0000", "<time>"},
        {"0000-00-00", "<date>"},
        {"00:00:00", "<time>"},
    };

    for (const auto &[pattern, name] : forms)
        if (const std::size_t length = match(text, at, pattern))
            return {name, length};
    return {{}, 0};
}

class Words {
public:
    explicit Words(Vocabulary &to) : to_(to) {}

    void add(std::string_view text)
    {
        if (!seen_.insert(text.data()).second) // each text is in memory once
            return;
        for (std::size_t at = 0; at < text.size(); at++) {
            const std::size_t size = word_size(text, at);
            if (size >= shortest_word)
                to_.words.insert(text.substr(at, size));
            at += size;
        }
    }
    // The name of a file that was made up, since it must not exist.
    void add_random(std::string_view name)
    {
        for (std::size_t at = 0; at < name.size(); at++) {
            const std::size_t size = word_size(name, at);
            if (size >= shortest_word && looks_random(name.substr(at, size)))
                to_.random.insert(name.substr(at, size));
            at += size;
        }
    }
    void add_pid(std::uint64_t pid)
    {
        if (pid >= least_pid)
            to_.pids.insert(pid);
    }

private:
    Vocabulary &to_;
    std::unordered_set<const char *> seen_;
};

bool is_pid(std::string_view digits, const Vocabulary &own, const Vocabulary &other)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);

    return error == std::errc{} && digits.front() != '0' && (own.pids.contains(number) || other.pids.contains(number));
}

void append_without_pids(std::string &to, std::string_view word, const Vocabulary &own, const Vocabulary &other)
{
    while (!word.empty()) {
        const auto digits =
            static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_digit) - word.begin());
        const std::size_t step = std::max<std::size_t>(digits, 1);
        if (digits > 0 && is_pid(word.substr(0, digits), own, other))
            to += "<pid>";
        else
            to += word.substr(0, step);
        word.remove_prefix(step);
    }
}

// The folder of the job at `at`, as a whole name.
bool has_folder(std::string_view text, std::size_t at, std::string_view folder)
{
    if (folder.empty() || text.compare(at, folder.size(), folder) != 0)
        return false;
    const std::size_t end = at + folder.size();
    return end == text.size() || !(is_of_word(text[end]) || text[end] == '.' || text[end] == '-');
}

} // namespace

Vocabulary vocabulary_of(const Forest &forest)
{
    Vocabulary all;
    Words words{all};

    for (const Program &program : forest.programs()) {
        for (const std::string_view text : {program.file, program.resolved, program.interp, program.cwd})
            words.add(text);
        for (const std::string_view arg : program.args)
            words.add(arg);
        words.add_pid(program.pid);
    }
    for (const FailedExec &failed : forest.failed_execs()) {
        words.add(failed.file);
        for (const std::string_view arg : failed.args)
            words.add(arg);
        words.add_pid(failed.pid);
    }
    for (const Open &open : forest.opens()) {
        words.add(open.path);
        words.add(open.resolved);
        if (open.is_exclusive)
            words.add_random(open.path.substr(open.path.rfind('/') + 1));
        words.add_pid(open.pid);
        words.add_pid(open.tid);
    }
    return all;
}

void set_folders(Vocabulary &a, std::string_view cwd_a, Vocabulary &b, std::string_view cwd_b)
{
    while (cwd_a != cwd_b && cwd_a.substr(cwd_a.rfind('/') + 1) == cwd_b.substr(cwd_b.rfind('/') + 1) &&
           !cwd_a.empty() && !cwd_b.empty()) {
        cwd_a = cwd_a.substr(0, cwd_a.rfind('/'));
        cwd_b = cwd_b.substr(0, cwd_b.rfind('/'));
    }
    if (cwd_a == cwd_b || cwd_a.size() < 2 || cwd_b.size() < 2)
        return;
    a.folder = cwd_a;
    b.folder = cwd_b;
}

std::string normalized(std::string_view text, const Vocabulary &own, const Vocabulary &other)
{
    std::string to;

    for (std::size_t at = 0; at < text.size();) {
        if (has_folder(text, at, own.folder)) {
            to += "<job>";
            at += own.folder.size();
            continue;
        }
        const std::size_t size = word_size(text, at);
        if (size == 0) {
            to += text[at++];
            continue;
        }
        const std::string_view word = text.substr(at, size);
        if (const auto [name, length] = known_form(text, at); length > 0) {
            to += name;
            at += length;
        } else {
            const bool is_number_of_process = to.ends_with("/proc/") && is_digit(text[at]);
            if (size == 2 && to.ends_with("/objects/") && match(text, at, "xx") > 0)
                to += "<hash>"; // the directory of an object of git
            else if (size < shortest_word || (other.words.contains(word) && !is_number_of_process))
                to += word;
            else if (!is_number_of_process && (own.random.contains(word) || looks_temporary(text, at, size)))
                to += "<tmp>";
            else
                append_without_pids(to, word, own, other);
            at += size;
        }
    }
    return to;
}

} // namespace snoop::snoop_diff

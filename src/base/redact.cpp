// SPDX-License-Identifier: BSD-2-Clause
#include "base/redact.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <regex.h>
#include <utility>

namespace snoop {

struct Redactor::Pattern {
    regex_t regex{};

    Pattern() = default;
    Pattern(const Pattern &) = delete;
    Pattern &operator=(const Pattern &) = delete;
    ~Pattern() { regfree(&regex); }
};

namespace {

constexpr std::string_view mark = "***";
using Spans = std::vector<TextSpan>;

// With back-references, which glibc has beyond POSIX, a search can take exponential time.
bool has_back_reference(std::string_view regex)
{
    for (std::size_t i = 0; i + 1 < regex.size(); i++)
        if (regex[i] == '\\' && regex[++i] >= '1' && regex[i] <= '9')
            return true;
    return false;
}

// Searches text[at, end) for a match. Offsets are those in `text`, as `^` and `$` are.
int search(const regex_t &regex, const std::string &text, std::size_t at, std::array<regmatch_t, 2> &match)
{
    match[0].rm_so = static_cast<regoff_t>(at);
    match[0].rm_eo = static_cast<regoff_t>(text.size());
    return regexec(&regex, text.c_str(), match.size(), match.data(), REG_STARTEND | (at > 0 ? REG_NOTBOL : 0));
}

// `text` has no NUL.
void find_all(const regex_t &regex, const std::string &text, Spans &spans)
{
    for (std::size_t at = 0; at <= text.size();) {
        std::array<regmatch_t, 2> match{};
        const int result = search(regex, text, at, match);
        if (result == REG_NOMATCH)
            return;
        if (result != 0) { // there was no memory: nothing is known
            spans.push_back({0, text.size()});
            return;
        }
        const auto [from, to] =
            std::pair{static_cast<std::size_t>(match[0].rm_so), static_cast<std::size_t>(match[0].rm_eo)};
        const bool has_group = regex.re_nsub > 0 && match[1].rm_so >= 0;
        spans.push_back({has_group ? static_cast<std::size_t>(match[1].rm_so) : from, to});
        at = to > at ? to : at + 1;
    }
}

void normalize(Spans &spans)
{
    std::erase_if(spans, [](const TextSpan &span) { return span.from >= span.to; });
    std::ranges::sort(spans, {}, &TextSpan::from);
    std::size_t count = 0;
    for (const TextSpan span : spans) {
        if (count > 0 && span.from <= spans[count - 1].to)
            spans[count - 1].to = std::max(spans[count - 1].to, span.to);
        else
            spans[count++] = span;
    }
    spans.resize(count);
}

// The text with the mark in place of each span. NULs stay.
std::string replace(std::string_view text, Spans &spans)
{
    std::string out;
    std::size_t at = 0;

    normalize(spans);
    for (const auto &[from, to] : spans) {
        out += text.substr(at, from - at);
        bool is_begun = false;
        for (const char c : text.substr(from, to - from)) {
            if (c == '\0')
                out += c;
            else if (!is_begun)
                out += mark;
            is_begun = c != '\0';
        }
        at = to;
    }
    return out += text.substr(std::min(at, text.size()));
}

std::size_t last_word(std::string_view text)
{
    return text.find_last_of(std::string_view{" \t\n\0", 4}) + 1; // npos + 1 is 0
}

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "/usr/bin" from "bin\0usr\0", and back.
std::string joined(std::string_view components, bool is_name)
{
    std::string path;

    while (!components.empty()) {
        if (components.back() == '\0')
            components.remove_suffix(1);
        const std::size_t start = components.find_last_of('\0') + 1;
        path += is_name ? "" : "/";
        path += components.substr(start);
        components = components.substr(0, start);
    }
    return path;
}

std::string split(std::string_view path)
{
    std::string components;

    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        components += path.substr(slash + 1);
        components += '\0';
        path = path.substr(0, slash == path.npos ? 0 : slash);
    }
    return components;
}

} // namespace

Redactor::Redactor() = default;
Redactor::~Redactor() = default;

void Redactor::add(std::string_view option, const std::string &value)
{
    if (value == "secrets") {
        finds_secrets_ = true;
        return;
    }
    if (value.empty())
        throw Error{exit_usage, "{}: the value is empty", option};
    if (has_back_reference(value))
        throw Error{exit_usage, "{}: '{}' has a back-reference, which can take too long to match", option, value};
    auto pattern = std::make_unique<Pattern>();
    if (const int err = regcomp(&pattern->regex, value.c_str(), REG_EXTENDED); err != 0) {
        std::array<char, 128> why{};
        regerror(err, &pattern->regex, why.data(), why.size());
        pattern->regex = {}; // there is nothing to free
        throw Error{exit_usage, "{}: invalid regular expression '{}': {}", option, value, why.data()};
    }
    patterns_.push_back(std::move(pattern));
}

void Redactor::find(std::string_view text, Spans &spans) const
{
    if (finds_secrets_)
        find_secrets(text, spans);
    find_matches(text, spans);
}

void Redactor::find_matches(std::string_view text, Spans &spans) const
{
    if (patterns_.empty())
        return;
    line_.assign(text);
    std::ranges::replace(line_, '\0', ' ');
    while (line_.ends_with(' ') && text[line_.size() - 1] == '\0')
        line_.pop_back(); // the NUL behind the last argument is not a space
    for (const auto &pattern : patterns_)
        find_all(pattern->regex, line_, spans);
}

std::string Redactor::text(std::string_view text) const
{
    Spans spans;

    find(text, spans);
    return spans.empty() ? std::string{text} : replace(text, spans);
}

std::string Redactor::cut_text(std::string_view text) const
{
    Spans spans;

    find(text, spans);
    spans.push_back({last_word(text), text.size()});
    return replace(text, spans);
}

std::string Redactor::arguments(std::string_view args, const std::vector<std::string *> &names, bool is_cut) const
{
    const std::size_t behind_first = std::min(args.find('\0'), args.size());
    const std::string_view rest = args.substr(behind_first);
    Spans spans;

    find(args, spans);
    for (std::string *name : names) {
        Spans found, own;
        if (name->empty())
            continue;
        find_matches(*name + std::string{rest}, found);
        if (finds_secrets_) { // the program's name tells what its options are
            const bool is_same = last_name(*name) == last_name(args.substr(0, behind_first));
            find_secrets(is_same ? *name : *name + std::string{rest}, found);
        }
        for (const auto &[from, to] : found) {
            own.push_back({from, std::min(to, name->size())});
            if (to > name->size())
                spans.push_back(
                    {std::max(from, name->size()) - name->size() + behind_first, to - name->size() + behind_first});
        }
        *name = replace(*name, own);
    }
    if (is_cut && !args.empty()) {
        const std::size_t end = args.size() - (args.back() == '\0');
        spans.push_back({last_word(args.substr(0, end)), end});
    }
    return replace(args, spans);
}

std::string Redactor::environment(std::string_view env) const
{
    std::string out;

    while (!env.empty()) {
        const std::string_view entry = env.substr(0, env.find('\0'));
        const std::size_t value = std::min(entry.find('=') + 1, entry.size()); // npos + 1 is 0
        Spans spans;
        find(entry, spans);
        for (TextSpan &span : spans)
            if (span.to > value)
                span.from = std::max(span.from, value);
        out += replace(entry, spans);
        env.remove_prefix(entry.size());
        if (!env.empty()) {
            out += '\0';
            env.remove_prefix(1);
        }
    }
    return out;
}

void Redactor::path(std::string &components, std::string &rest, bool is_name) const
{
    const std::string base = joined(components, is_name);
    Spans in_base, in_whole;

    find(base, in_base);
    std::string shown = replace(base, in_base), shown_rest = text(rest);
    if (!rest.empty()) {
        const std::string whole = base + (rest.front() == '/' ? "" : "/") + rest;
        find(whole, in_whole);
        const std::string shown_whole = replace(whole, in_whole);
        if (shown_whole != shown + (shown_rest.front() == '/' ? "" : "/") + shown_rest) {
            shown = shown_whole;
            shown_rest = mark;
        }
    }
    if (shown != base)
        components = is_name ? shown + '\0' : split(shown);
    rest = std::move(shown_rest);
}

void Redactor::name(char (&comm)[16]) const
{
    const std::string_view old{comm, strnlen(comm, sizeof(comm))};
    const std::string shown = text(old);

    if (shown == old)
        return;
    std::ranges::fill(comm, '\0');
    std::ranges::copy(std::string_view{shown}.substr(0, sizeof(comm) - 1), comm);
}

} // namespace snoop

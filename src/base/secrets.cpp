// SPDX-License-Identifier: BSD-2-Clause
#include "base/secrets.hpp"
#include "base/secret_names.hpp"

#include <algorithm>

namespace snoop {
namespace {

constexpr std::size_t npos = std::string_view::npos;

class Search {
public:
    Search(std::string_view text, std::vector<TextSpan> &spans) : text_(text), spans_(spans) {}

    void run()
    {
        for (std::size_t from = 0; from < text_.size() && !has_given_up();) {
            from_ = from;
            to_ = std::min(text_.find('\0', from), text_.size());
            search_argument();
            was_c_ =
                text_.size() > from_ + 1 && text_[from_] == '-' && text_[from_ + 1] != '-' && text_[to_ - 1] == 'c';
            from = to_ + 1;
        }
        if (has_given_up())
            add(0, text_.size());
    }

private:
    void search_argument();
    void see_separator(std::size_t at);
    void see_url(std::size_t colon);
    void see_word(std::size_t from);
    void see_option(std::size_t from, std::size_t to);
    void see_letters(std::size_t from, std::size_t to);
    void add_user_and_password(std::size_t from, std::size_t to, bool may_be_token);
    void add_next_value(std::size_t at);
    [[nodiscard]] TextSpan value(std::size_t from, bool is_line) const;
    [[nodiscard]] std::size_t closing(std::size_t from, char quote) const;
    [[nodiscard]] std::size_t end_of_word(std::size_t from) const;
    [[nodiscard]] char at(std::size_t i) const { return i < to_ ? text_[i] : '\0'; }

    // Values within values, such as token=token=…, are looked at again and again. Nobody may use up the time with them.
    [[nodiscard]] bool has_given_up() const { return looked_at_ > 32 * text_.size() + 4096; }

    void add(std::size_t from, std::size_t to)
    {
        if (from < to)
            spans_.push_back({from, to});
    }

    std::string_view text_;
    std::vector<TextSpan> &spans_;
    std::size_t from_ = 0, to_ = 0;     // the argument
    mutable std::size_t looked_at_ = 0; // bytes of values
    char quote_ = '\0';                 // the open one, of a shell's command or of JSON
    bool was_c_ = false;                // the argument is a command for a shell
    bool is_value_ = false;             // the argument before it says that it is a secret
    bool is_user_value_ = false;        // … user:password
    const Program *program_ = nullptr;
};

void Search::search_argument()
{
    if (is_value_)
        add(from_, to_);
    if (is_user_value_)
        add_user_and_password(from_, to_, false);
    is_value_ = is_user_value_ = false;
    quote_ = '\0';
    bool is_start = true; // of a word
    for (std::size_t i = from_; i < to_ && !has_given_up(); i++) {
        const char c = text_[i];
        if (is_start && is_of_name(c))
            see_word(i);
        is_start = is_space(c) || is_quote(c) || c == '/' || c == '=' || c == ':' || c == ',' || c == '(' || c == ';';
        if (c == '\\') {
            i++; // an escaped quote neither opens nor closes
            is_start = is_quote(at(i));
        } else if (is_quote(c)) {
            quote_ = quote_ == c ? '\0' : quote_ ? quote_ : c;
        } else if (c == '=' || c == ':') {
            see_separator(i);
        }
    }
}

// Finds the quote that ends a string, or the end of the argument.
std::size_t Search::closing(std::size_t from, char quote) const
{
    const std::size_t start = from;

    for (; from < to_ && text_[from] != quote; from++)
        from += text_[from] == '\\';
    looked_at_ += from - start;
    return std::min(from, to_);
}

std::size_t Search::end_of_word(std::size_t from) const
{
    const std::size_t start = from;

    while (from < to_ && !is_space(text_[from]))
        if (is_quote(text_[from]))
            from = std::min(closing(from + 1, text_[from]) + 1, to_);
        else
            from = std::min(from + 1 + (text_[from] == '\\'), to_);
    looked_at_ += from - start;
    return from;
}

// The value that begins here or behind spaces: a string in quotes, or a word.
TextSpan Search::value(std::size_t from, bool is_line) const
{
    while (at(from) == ' ' || at(from) == '\t')
        from++;
    if (at(from) == '\\' && is_quote(at(from + 1))) { // JSON in a string
        const std::size_t end = text_.substr(0, to_).find(text_.substr(from, 2), from + 2);
        looked_at_ += std::min(end, to_) - from;
        return {from + 2, std::min(end, to_)};
    }
    if (is_quote(at(from))) {
        const std::size_t end = closing(from + 1, text_[from]);
        const char next = at(end + 1);
        return is_of_name(next) || is_quote(next) ? TextSpan{from, end_of_word(end + 1)} : TextSpan{from + 1, end};
    }
    if (quote_)
        return {from, closing(from, quote_)};
    if (is_line) {
        const std::size_t end = std::min(text_.find('\n', from), to_);
        looked_at_ += end - from;
        return {from, end};
    }
    return {from, end_of_word(from)};
}

// NAME=VALUE, "name": "value", Name: value.
void Search::see_separator(std::size_t separator)
{
    std::size_t end = separator;

    if (text_.substr(separator, 3) == "://")
        return see_url(separator);
    while (end > from_ && (text_[end - 1] == ' ' || text_[end - 1] == '\t'))
        end--;
    while (end > from_ && (is_quote(text_[end - 1]) || text_[end - 1] == '\\' || text_[end - 1] == ']'))
        end--;
    std::size_t start = end;
    while (start > from_ && is_of_name(text_[start - 1]))
        start--;
    const std::string_view name = text_.substr(start, end - start);
    const PlainName own{name};
    if (!own.is_secret())
        return;
    std::size_t from = separator + 1;
    while (at(from) == '=' || at(from) == ':' || at(from) == '>' || at(from) == '~')
        from++;
    if (name.ends_with("PWD") && at(from) == '/')
        return; // the working directory
    if (start == from_ && !was_c_) {
        while (at(from) == ' ')
            from++;
        add(from, to_);
        return;
    }
    const TextSpan span = value(from, own.is_header());
    add(span.from, span.to);
}

// scheme://user:password@host, https://token@host.
void Search::see_url(std::size_t colon)
{
    const std::size_t from = colon + 3;
    std::size_t end = from;

    while (end < to_ && !is_space(text_[end]) && !is_quote(text_[end]) && text_[end] != '<' && text_[end] != '>')
        end++;
    looked_at_ += end - from;
    const std::string_view rest = text_.substr(from, end - from);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    std::size_t user_end = authority.rfind('@');
    if (user_end == npos) {
        // The password may have one of these characters unescaped; but host:port does not.
        const std::size_t port = authority.find(':');
        if (port == npos || authority.starts_with('[') || std::ranges::all_of(authority.substr(port + 1), is_digit))
            return;
        user_end = rest.rfind('@');
    }
    if (user_end != npos)
        add_user_and_password(from, from + user_end,
                              text_.substr(0, colon).ends_with("http") || text_.substr(0, colon).ends_with("https"));
}

void Search::add_user_and_password(std::size_t from, std::size_t to, bool may_be_token)
{
    const std::size_t colon = text_.substr(0, to).find(':', from);

    if (colon == npos) {
        if (may_be_token)
            add(from, to);
        return;
    }
    const std::string_view password = text_.substr(colon + 1, to - colon - 1);
    add(password.empty() || password == "x-oauth-basic" ? from : colon + 1, to);
}

// The word that begins here, in quotes or not.
void Search::see_word(std::size_t from)
{
    std::size_t to = from;

    while (is_of_name(at(to)))
        to++;
    if (text_[from] == '-')
        return see_option(from, to);
    const std::string_view word = text_.substr(from, to - from);
    for (const Program &program : programs)
        if (word.front() == program.name.front() && word.starts_with(program.name))
            program_ = &program;
    if (word.size() > token_least)
        for (const std::string_view prefix : token_prefixes)
            if (word.starts_with(prefix) && word.size() >= prefix.size() + token_least)
                add(from, to);
    if (word.size() == 6 && std::ranges::equal(word, std::string_view{"bearer"}, {}, lower) && is_space(at(to)))
        add_next_value(to);
}

// The value of an option is the next argument, or in a command for a shell the next word.
void Search::add_next_value(std::size_t at)
{
    if (at >= to_) {
        is_value_ = true;
        return;
    }
    const TextSpan span = value(at, false);
    add(span.from, span.to);
}

void Search::see_option(std::size_t from, std::size_t to)
{
    const std::string_view name = text_.substr(from, to - from);
    const bool is_word = to == to_ || is_space(at(to)) || is_quote(at(to));

    if (name.starts_with("--")) {
        if (program_ && program_->has_user && (name == "--user" || name == "--proxy-user")) {
            if (at(to) == '=')
                add_user_and_password(to + 1, end_of_word(to), false);
            else
                see_letters(to, to);
            return;
        }
    } else if (program_ && program_->letters.find(at(from + 1)) != npos && program_->form != Form::next &&
               from + 2 < end_of_word(from)) {
        return see_letters(from + 2, end_of_word(from));
    } else if (program_ && program_->letters.find(text_[to - 1]) != npos && program_->form != Form::attached &&
               is_word) {
        return see_letters(to, to);
    }
    if (is_word && PlainName{name}.is_secret())
        add_next_value(to);
}

// The value of a program's option: it stands here, or it is the next word.
void Search::see_letters(std::size_t from, std::size_t to)
{
    TextSpan span{from, to};

    if (from == to && to == to_) {
        (program_->has_user ? is_user_value_ : is_value_) = true;
        return;
    }
    if (from == to)
        span = value(from, false);
    else if (from_ + 2 == from && !was_c_)
        span.to = to_; // an argument by itself
    if (program_->has_user)
        add_user_and_password(span.from, span.to, false);
    else
        add(span.from, span.to);
}

} // namespace

void find_secrets(std::string_view text, std::vector<TextSpan> &spans) { Search{text, spans}.run(); }

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// The names that stand before secrets: of variables and options, and of programs with options of one letter.
//     if (PlainName{"--db-password"}.is_secret()) …
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace snoop {

// Parts of names, without their dashes, underscores and dots. PGPASSWORD, --api-key, clientSecret have one.
constexpr std::array<std::string_view, 11> secret_words{"password",      "passwd",     "passphrase", "secret",
                                                        "token",         "apikey",     "accesskey",  "privatekey",
                                                        "authorization", "credential", "cookie"};
constexpr std::array<std::string_view, 3> secret_ends{"pass", "pwd", "auth"};
// A word that begins so is a secret by itself if it goes on long enough.
constexpr std::array<std::string_view, 16> token_prefixes{"ghp_",     "gho_",  "ghu_",  "ghs_",  "ghr_",  "github_pat_",
                                                          "glpat-",   "xoxb-", "xoxp-", "xoxa-", "xoxs-", "sk_live_",
                                                          "rk_live_", "hvs.",  "npm_",  "eyJ"};
constexpr std::size_t token_least = 16;

enum class Form { attached, next, both };

// One-letter options that have secrets as their values.
struct Program {
    std::string_view name; // or its beginning
    std::string_view letters;
    Form form;
    bool has_user = false; // user:password
};
constexpr std::array<Program, 8> programs{{{"mysql", "p", Form::attached},
                                           {"mariadb", "p", Form::attached},
                                           {"mongo", "p", Form::both},
                                           {"sshpass", "p", Form::both},
                                           {"curl", "uU", Form::both, true},
                                           {"redis-cli", "a", Form::next},
                                           {"ldap", "w", Form::both},
                                           {"mosquitto_", "P", Form::both}}};

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_of_name(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A name in lower case, without dashes, underscores and dots; of a long one its end.
class PlainName {
public:
    explicit PlainName(std::string_view name)
    {
        for (const char c : name.substr(name.size() - std::min(name.size(), chars_.size())))
            if (is_letter(c) || is_digit(c))
                chars_[size_++] = lower(c);
    }

    [[nodiscard]] bool has(std::string_view word) const { return text().find(word) != std::string_view::npos; }
    // DB_PASS and storepass end in pass; bypass is another word.
    [[nodiscard]] bool ends_in(std::string_view word) const
    {
        return text().ends_with(word) && !text().ends_with("bypass") && !text().ends_with("compass");
    }
    [[nodiscard]] bool is_secret() const
    {
        return has_word() || std::ranges::any_of(secret_ends, [&](std::string_view word) { return ends_in(word); });
    }
    // The value of a header goes on to the end of its line.
    [[nodiscard]] bool is_header() const { return has("authorization") || has("cookie"); }

private:
    // One pass, since most names have none.
    [[nodiscard]] bool has_word() const
    {
        for (std::size_t i = 0; i + 5 <= size_; i++) {
            const char c = chars_[i];
            if (c != 'p' && c != 's' && c != 't' && c != 'a' && c != 'c')
                continue;
            for (const std::string_view word : secret_words)
                if (word.front() == c && text().substr(i).starts_with(word))
                    return true;
        }
        return false;
    }
    [[nodiscard]] std::string_view text() const { return {chars_.data(), size_}; }

    std::array<char, 64> chars_;
    std::size_t size_ = 0;
};

} // namespace snoop

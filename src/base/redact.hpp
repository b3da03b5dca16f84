// SPDX-License-Identifier: BSD-2-Clause
// Hides what must not be written: the values of --redact.
//     Redactor redactor;
//     redactor.add("--redact", "pin=([0-9]+)");
//     redactor.text("x pin=1234");              // "x pin=***"
#pragma once

#include "base/secrets.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

class Redactor {
public:
    Redactor();
    ~Redactor();
    Redactor(const Redactor &) = delete;
    Redactor &operator=(const Redactor &) = delete;

    // An extended regular expression of POSIX, or "secrets". Throws Error (exit 2) for an invalid one.
    void add(std::string_view option, const std::string &value);

    // Each match is replaced by ***, or a part of it: the first group and what follows it. Matches that touch become
    // one.
    [[nodiscard]] std::string text(std::string_view text) const;

    // A text that was cut: its last word, which may be the beginning of a match, is replaced as well.
    [[nodiscard]] std::string cut_text(std::string_view text) const;

    // The arguments of a command, each with its NUL; the last one may lack it. Expressions see them in one line, with
    // a space for each NUL, behind each name of the program as well as argv[0]. Their number stays. `names`: those of
    // the program, which are replaced, too.
    [[nodiscard]] std::string arguments(std::string_view args, const std::vector<std::string *> &names,
                                        bool is_cut) const;

    // NAME=VALUE, each with its NUL. A name stays, unless the match is within it.
    [[nodiscard]] std::string environment(std::string_view env) const;

    // The components of a path, innermost first, each with its NUL, and what follows them, with slashes. A match that
    // is in both replaces all of `rest`. `is_name`: it is a single name, without slashes.
    void path(std::string &components, std::string &rest, bool is_name) const;

    // A name of at most 15 bytes, which the result is cut to.
    void name(char (&comm)[16]) const;

private:
    struct Pattern;

    void find(std::string_view text, std::vector<TextSpan> &spans) const;
    void find_matches(std::string_view text, std::vector<TextSpan> &spans) const;

    std::vector<std::unique_ptr<Pattern>> patterns_;
    bool finds_secrets_ = false;
    mutable std::string line_; // the text that is searched
};

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
// The names of C++ and Rust functions as people write them, from the names of their symbols.
//     demangle("_ZN3app1S3runEi");                             // "app::S::run(int)"
//     WrittenName{"app::S::run"}.matches("_ZN3app1S3runEi");   // true
#pragma once

#include <string>
#include <string_view>

namespace snoop::funclat {

// True if the symbol's name was made by a C++ or Rust compiler.
bool is_mangled(std::string_view symbol);

// Empty if the symbol is not mangled, if it does not follow the rules of its language, or if it
// stands for more than 4096 characters. Rust's hash is left out.
std::string demangle(const std::string &symbol);
// Without the type that it returns and without its parameters: "app::max<int>".
std::string demangle_briefly(const std::string &symbol);

// A name as people write it: with or without parameters, with or without template arguments.
// Spaces do not matter.
class WrittenName {
public:
    explicit WrittenName(std::string_view text);

    [[nodiscard]] bool matches(const std::string &symbol) const;

private:
    std::string name_;
    std::string part_; // that the symbol has too; empty if not known
    bool has_parameters_, has_template_;
};

} // namespace snoop::funclat

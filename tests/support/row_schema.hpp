// SPDX-License-Identifier: BSD-2-Clause
// Validates JSON lines against the schema that the tool itself generates.
//     EXPECT_EQ(RowSchema::of(tool_path("execsnoop")).error(line), "");
//     expect_valid_rows({program, {"-o", "json"}, out, err});   // called for every run of a tool in a test
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

class RowSchema {
public:
    // Throws if the text is not a JSON Schema.
    explicit RowSchema(std::string_view text);
    ~RowSchema();
    RowSchema(const RowSchema &) = delete;
    RowSchema &operator=(const RowSchema &) = delete;

    // The schema that `PROGRAM --generate json` prints; compiled once in a process.
    static const RowSchema &of(const std::string &program);

    // Says why a line is not a valid row; empty if it is one.
    [[nodiscard]] std::string error(std::string_view line) const;

private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

// Compiles the schema of a tool that will print JSON: before the tool starts, since it may trace programs.
void load_row_schema(const std::string &program, const std::vector<std::string> &args);

// A run of a tool that has ended.
struct PrintedRows {
    std::string program;
    std::vector<std::string> args; // without the program's name
    std::string out, err;
};

// Fails the test for each kind of invalid row. With `-o json` every whole line of stdout is a row; if the
// tool ran a command, which prints as well, those that begin as rows do, and on stderr likewise.
void expect_valid_rows(const PrintedRows &printed);

} // namespace snoop::test

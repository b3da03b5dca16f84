// SPDX-License-Identifier: BSD-2-Clause
#include "row_schema.hpp"
#include "process.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using Json = nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// valijson compiles the regular expression of a format anew for each value, that of a pattern once.
void replace_formats(Json &schema)
{
    if (!schema.is_structured())
        return;
    if (schema.is_object() && schema.value("format", Json{}) == "date-time") {
        schema.erase("format");
        schema["pattern"] = R"(^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?Z$)";
    }
    for (Json &part : schema)
        replace_formats(part);
}

std::string said_by(const std::string &program, const std::vector<std::string> &args)
{
    Exec exec{.path = program, .argv = {program}};
    exec.argv.insert(exec.argv.end(), args.begin(), args.end());
    auto [out, in] = make_pipe();
    Process process{[&, &write_end = in] {
        dup2(write_end.get(), STDOUT_FILENO);
        exec_now(exec);
    }};
    in.reset();

    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = read(out.get(), part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(n));
    const int status = process.wait().status;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error(fmt::format("{} failed: {}", fmt::join(exec.argv, " "), text));
    return text;
}

constexpr std::string_view row_begin = R"({"event":)";

// Options precede "--" and the command.
bool has_option(const std::vector<std::string> &args, const std::vector<std::string_view> &names)
{
    const auto end = std::ranges::find(args, "--");

    return std::find_first_of(args.begin(), end, names.begin(), names.end()) != end;
}

// Whether the output consists of whole rows of JSON: --fields leaves keys out.
bool prints_json(const std::vector<std::string> &args)
{
    const std::vector<std::string_view> others{"-h", "--help", "-V", "--version", "--fields"};
    const auto end = std::ranges::find(args, "--");

    for (auto at = args.begin(); at != end; ++at)
        if ((*at == "-o" || *at == "--output") && at + 1 != end && at[1] == "json")
            return !has_option(args, others);
    return has_option(args, {"-ojson", "--output=json"}) && !has_option(args, others);
}

// Whole lines: the last one of a tool that was killed may be cut.
std::vector<std::string_view> whole_lines(std::string_view text)
{
    std::vector<std::string_view> lines;

    for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
        lines.push_back(text.substr(0, end));
    return lines;
}

} // namespace

struct RowSchema::Compiled {
    valijson::Schema schema;
    valijson::Validator validator;
};

RowSchema::RowSchema(std::string_view text) : compiled_(std::make_unique<Compiled>())
{
    Json json = Json::parse(text);

    replace_formats(json);
    valijson::SchemaParser{}.populateSchema(NlohmannJsonAdapter{json}, compiled_->schema);
}

RowSchema::~RowSchema() = default;

const RowSchema &RowSchema::of(const std::string &program)
{
    static std::map<std::string, std::unique_ptr<RowSchema>> known;
    std::unique_ptr<RowSchema> &schema = known[program];

    if (!schema)
        schema = std::make_unique<RowSchema>(said_by(program, {"--generate", "json"}));
    return *schema;
}

std::string RowSchema::error(std::string_view line) const
{
    const Json row = Json::parse(line, nullptr, false);

    if (row.is_discarded())
        return "not JSON";
    if (compiled_->validator.validate(compiled_->schema, NlohmannJsonAdapter{row}, nullptr))
        return {};
    valijson::ValidationResults results;
    compiled_->validator.validate(compiled_->schema, NlohmannJsonAdapter{row}, &results);
    std::string text = "not a row of this schema";
    for (const auto &found : results)
        text += fmt::format("\n  {}: {}", fmt::join(found.context, ""), found.description);
    return text;
}

void load_row_schema(const std::string &program, const std::vector<std::string> &args)
{
    if (prints_json(args))
        RowSchema::of(program);
}

void expect_valid_rows(const PrintedRows &printed)
{
    if (!prints_json(printed.args))
        return;
    const bool has_command = std::ranges::find(printed.args, "--") != printed.args.end();
    const auto expect_valid = [&](std::string_view text, bool every_line) {
        for (const std::string_view line : whole_lines(text)) {
            if (!every_line && !line.starts_with(row_begin))
                continue;
            const std::string error = RowSchema::of(printed.program).error(line);
            if (error.empty())
                continue;
            ADD_FAILURE() << printed.program << " " << fmt::format("{}", fmt::join(printed.args, " "))
                          << " printed a row that its schema refuses:\n"
                          << line << "\n"
                          << error;
            return;
        }
    };

    expect_valid(printed.out, !has_command);
    expect_valid(printed.err, false);
}

} // namespace snoop::test

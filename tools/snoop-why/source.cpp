// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace snoop::snoop_why {
namespace {

// Modules that a Python may have in itself (sys.builtin_module_names), as those that are linked statically do, without
// those that begin with "_".
constexpr std::array<std::string_view, 33> python_builtins{
    "array",   "atexit", "audioop",     "binascii",  "builtins", "cmath",   "crypt", "errno", "faulthandler",
    "fcntl",   "gc",     "grp",         "itertools", "marshal",  "math",    "mmap",  "nis",   "ossaudiodev",
    "posix",   "pwd",    "pyexpat",     "readline",  "resource", "select",  "spwd",  "sys",   "syslog",
    "termios", "time",   "unicodedata", "xxsubtype", "zlib",     "__main__"};

constexpr std::array<std::string_view, 21> shell_keywords{"if", "then", "else", "elif", "do",   "while", "until",
                                                          "!",  "{",    "(",    "time", "exec", "eval",  "command",
                                                          "&&", "||",   ";",    "|",    "&",    "$(",    "nohup"};
constexpr std::array<std::string_view, 61> shell_words{
    "fi",      "done",    "esac", "case",     "for",      "select",   "in",      "function", "}",
    ")",       ".",       ":",    "[",        "[[",       "alias",    "bg",      "bind",     "break",
    "builtin", "caller",  "cd",   "compgen",  "complete", "continue", "declare", "dirs",     "disown",
    "echo",    "enable",  "exit", "export",   "false",    "fc",       "fg",      "getopts",  "hash",
    "help",    "history", "jobs", "kill",     "let",      "local",    "logout",  "popd",     "printf",
    "pushd",   "pwd",     "read", "readonly", "return",   "set",      "shift",   "shopt",    "source",
    "test",    "times",   "trap", "true",     "type",     "ulimit",   "umask"};
constexpr std::array<std::string_view, 6> shell_more{"unset", "wait", "typeset", "mapfile", "unalias", "readarray"};

template <class Words> bool is_one_of(std::string_view word, const Words &words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> words_of(std::string_view line, std::string_view separators)
{
    std::vector<std::string> words;

    for (std::size_t at = line.find_first_not_of(separators); at != line.npos;) {
        const std::size_t end = std::min(line.find_first_of(separators, at), line.size());
        words.emplace_back(line.substr(at, end - at));
        at = line.find_first_not_of(separators, end);
    }
    return words;
}

// Calls take(line, number) for each line.
template <class Take> void for_each_line(std::string_view text, Take take)
{
    for (std::size_t number = 1; !text.empty(); number++) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end), number);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

bool is_plain(std::string_view word)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
    return !word.empty() && word.find_first_not_of(plain) == word.npos && word.front() != '-';
}

// Puts spaces around what ends a command; what is quoted becomes a word that is not plain.
std::string spaced(std::string_view line)
{
    std::string out;
    char quote = 0;

    for (std::size_t i = 0; i < line.size(); i++) {
        const char c = line[i];
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
            out += '"';
        } else if (c == '\'' || c == '"') {
            quote = c;
            out += '"';
        } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
            break;
        else if (c == ';' || c == '|' || c == '&' || c == '(' || c == ')')
            out += std::string{" "} + c + " ";
        else
            out += c;
    }
    return out;
}

// Whether the last components of a path are these.
bool ends_with_path(std::string_view path, std::string_view end)
{
    return !end.empty() && path.ends_with(end) &&
           (path.size() == end.size() || path[path.size() - end.size() - 1] == '/');
}

} // namespace

std::vector<std::string> imports_of(std::string_view text)
{
    std::vector<std::string> modules;
    const auto add = [&](std::string_view name) {
        name = name.substr(0, name.find('.'));
        if (!name.empty() && name.front() != '_' && is_plain(name) && !is_one_of(name, python_builtins) &&
            !is_one_of(name, modules))
            modules.emplace_back(name);
    };

    for_each_line(text, [&](std::string_view line, std::size_t) {
        for (std::string_view rest = line; !rest.empty();) {
            const std::string_view statement = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(statement.size() + 1, rest.size()));
            const auto words = words_of(statement.substr(0, statement.find('#')), " \t\r,");
            const bool is_first = statement.data() == line.data();
            if (words.size() < 2 || (is_first && (line.front() == ' ' || line.front() == '\t')))
                continue;
            if (words[0] == "from")
                add(words[1]);
            if (words[0] != "import")
                continue;
            for (std::size_t i = 1; i < words.size(); i++)
                if (words[i] == "as")
                    i++;
                else
                    add(words[i]);
        }
    });
    return modules;
}

std::vector<ShellCommand> commands_of(std::string_view text)
{
    std::vector<ShellCommand> commands;
    std::vector<std::string> functions;

    for_each_line(text, [&](std::string_view line, std::size_t number) {
        const auto words = words_of(spaced(line), " \t\r");
        bool is_command = true;
        for (std::size_t i = 0; i < words.size(); i++) {
            const std::string &word = words[i];
            if (is_one_of(word, shell_keywords)) {
                is_command = true;
                continue;
            }
            const bool was_command = is_command;
            is_command = was_command && word.find('=') != word.npos; // an assignment comes before a command
            if (!was_command || !is_plain(word))
                continue;
            if (i + 2 < words.size() && words[i + 1] == "(" && words[i + 2] == ")")
                functions.push_back(word);
            else if (!is_one_of(word, shell_words) && !is_one_of(word, shell_more) &&
                     std::ranges::find(commands, word, &ShellCommand::name) == commands.end())
                commands.push_back({word, number});
        }
    });
    std::erase_if(commands, [&](const ShellCommand &each) { return is_one_of(each.name, functions); });
    return commands;
}

std::optional<std::size_t> line_that_includes(std::string_view text, std::string_view path)
{
    std::optional<std::size_t> found;
    bool is_asked_for = false;

    for_each_line(text, [&](std::string_view line, std::size_t number) {
        const std::size_t begin = std::min(line.find_first_of("\"<"), line.size());
        const std::size_t end = line.find_first_of("\">", begin + 1);
        if (end == line.npos || !ends_with_path(path, line.substr(begin + 1, end - begin - 1)))
            return;
        const auto words = words_of(line.substr(0, begin), " \t#(!");
        if (words.empty() || line.find_first_not_of(" \t") != line.find('#'))
            return;
        if (words.back().starts_with("__has_include"))
            is_asked_for = true;
        else if (!found && words.back().starts_with("include"))
            found = number;
    });
    return is_asked_for ? std::nullopt : found;
}

std::optional<std::string> read_script(const std::string &path)
{
    constexpr std::size_t longest = std::size_t{1} << 20;
    std::error_code error;

    if (!std::filesystem::is_regular_file(path, error))
        return std::nullopt;
    std::ifstream from{path, std::ios::binary};
    std::string text(longest, '\0');
    from.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (from.bad() || from.gcount() == 0)
        return std::nullopt;
    text.resize(static_cast<std::size_t>(from.gcount()));
    return text;
}

} // namespace snoop::snoop_why

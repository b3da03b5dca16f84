// SPDX-License-Identifier: BSD-2-Clause
// btf_fields: checks that a kernel has the fields, types and enum values that BPF objects use. Needs
// neither root nor BPF, only the kernel's BTF, so one machine can check all kernels:
//     btf_fields --btf vmlinux-5.10 --btf vmlinux-arm64 build/release/bpf/*.bpf.o
//
// A field that a program tests (bpf_core_field_exists and the like) may be missing, and so may all
// that is missing for the same reason: the fields of a missing struct x, or x.a.b without x.a. Where
// an object has two flavors of a type and tests a field of one, the field of the other may be missing
// if the test succeeds: so a program uses a renamed field.
#include "kernel_types.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <getopt.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <string_view>

namespace {

constexpr int exit_all_there = 0, exit_differs = 1, exit_usage = 2, exit_skipped = 77;
constexpr auto running_kernel = "/sys/kernel/btf/vmlinux";
constexpr auto help = "usage: btf_fields [-v] [--or-skip] [--btf FILE]… OBJECT…\n"
                      "  --btf FILE  the kernel's types, raw or in an ELF file; default /sys/kernel/btf/vmlinux\n"
                      "  --or-skip   without that default, exit 77, unless $SNOOP_REQUIRE lists btf\n"
                      "  -v          list what the objects use\n"
                      "exit code: 0 all there, 1 something missing or different, 2 usage, or a file without BTF\n";

struct Options {
    bool verbose = false, or_skip = false;
    std::vector<std::string> kernels, objects;
};

struct Answer {
    const Use *use;
    std::optional<Difference> difference;
};

// The missing fields that an object's own tests excuse in this kernel.
class Excuses {
public:
    explicit Excuses(const std::vector<Answer> &answers)
    {
        for (const auto &[use, difference] : answers)
            if (use->question && difference)
                missing_.insert(difference->path);
            else if (use->question && use->what == Use::What::field)
                there_.push_back(use);
    }

    [[nodiscard]] bool cover(const Answer &answer) const
    {
        if (answer.use->question || missing_.contains(answer.difference->path))
            return true;
        for (const Use *yes : there_)
            if (yes->type == answer.use->type && yes->root != answer.use->root)
                return true;
        return false;
    }

private:
    std::set<std::string> missing_;
    std::vector<const Use *> there_;
};

// One line of output. A missing struct gives one line, not one for each of its fields.
struct Finding {
    Difference difference;
    std::set<std::string> programs;
};

void print_finding(const Object &object, const Finding &finding, const std::string &kernel)
{
    const auto &[path, here, there] = finding.difference;
    const std::string used =
        fmt::format("used by program{} {}", finding.programs.size() == 1 ? "" : "s", fmt::join(finding.programs, ", "));

    if (here.empty())
        fmt::print("{}: {}: not in BTF {} ({})\n", object.name, path, kernel, used);
    else
        fmt::print("{}: {}: {} here, {} in BTF {} ({})\n", object.name, path, here, there, kernel, used);
}

std::string plural(std::size_t count, const char *noun)
{
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Compares and prints; returns false if something that is needed is missing or different.
bool check(const std::vector<Object> &objects, const std::string &file, bool verbose)
{
    const KernelTypes kernel{file};
    std::map<std::string, std::set<std::string>> used; // objects by path
    std::set<std::string> bad, excused;

    for (const Object &object : objects) {
        std::vector<Answer> answers;
        for (const Use &use : object.uses) {
            used[use.path()].insert(object.name);
            answers.push_back({&use, kernel.compare(object, use)});
        }
        const Excuses excuses{answers};
        std::map<std::pair<std::string, std::string>, Finding> findings;
        for (const Answer &answer : answers) {
            if (!answer.difference)
                continue;
            if (excuses.cover(answer)) {
                excused.insert(answer.use->path());
                continue;
            }
            bad.insert(answer.use->path());
            Finding &finding = findings[{answer.difference->path, answer.difference->here}];
            finding.difference = *answer.difference;
            finding.programs.insert(answer.use->programs.begin(), answer.use->programs.end());
        }
        for (const auto &[key, finding] : findings)
            print_finding(object, finding, file);
    }
    if (verbose)
        for (const auto &[path, names] : used)
            fmt::print("{}: {}{}\n", path, fmt::join(names, ", "),
                       excused.contains(path) ? " (missing, asked for)" : "");
    const std::string total = fmt::format("{} of {}", plural(used.size(), "field"), plural(objects.size(), "object"));
    if (!bad.empty())
        fmt::print("{}: {} missing or different in {}\n", total, bad.size(), file);
    else if (!excused.empty())
        fmt::print("{}: all in {} but {} that the programs ask for first\n", total, file, excused.size());
    else
        fmt::print("{}: all in {}\n", total, file);
    return bad.empty();
}

bool required(std::string_view hook)
{
    const char *list = std::getenv("SNOOP_REQUIRE");
    for (std::string_view rest = list ? list : ""; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(", "), rest.size());
        if (rest.substr(0, end) == hook)
            return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

std::optional<Options> parse(int argc, char **argv)
{
    static const option longs[] = {{"btf", required_argument, nullptr, 'b'},
                                   {"or-skip", no_argument, nullptr, 's'},
                                   {"verbose", no_argument, nullptr, 'v'},
                                   {nullptr, 0, nullptr, 0}};
    Options options;

    for (int c; (c = getopt_long(argc, argv, "v", longs, nullptr)) != -1;) {
        if (c == 'b')
            options.kernels.emplace_back(optarg);
        else if (c == 's')
            options.or_skip = true;
        else if (c == 'v')
            options.verbose = true;
        else
            return std::nullopt;
    }
    options.objects.assign(argv + optind, argv + argc);
    if (options.objects.empty())
        return std::nullopt;
    return options;
}

int run(Options options)
{
    if (options.kernels.empty()) {
        options.kernels.emplace_back(running_kernel);
        if (options.or_skip && access(running_kernel, R_OK) != 0 && !required("btf")) {
            fmt::print("SKIP: lacks btf: {}: {}\n", running_kernel, std::strerror(errno));
            return exit_skipped;
        }
    }
    std::vector<Object> objects;
    for (const std::string &file : options.objects)
        objects.emplace_back(file);
    bool all_there = true;
    for (const std::string &file : options.kernels)
        all_there &= check(objects, file, options.verbose);
    return all_there ? exit_all_there : exit_differs;
}

} // namespace

int main(int argc, char **argv)
{
    libbpf_set_print(nullptr);
    try {
        const auto options = parse(argc, argv);
        if (options)
            return run(*options);
        fmt::print(stderr, "{}", help);
    } catch (const std::exception &error) {
        fmt::print(stderr, "btf_fields: {}\n", error.what());
    }
    return exit_usage;
}

// SPDX-License-Identifier: BSD-2-Clause
#include "load.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace snoop::test {
namespace {

std::map<std::string, Load::Body> &loads()
{
    static std::map<std::string, Load::Body> all;
    return all;
}

} // namespace

Load::Load(std::string name, Body body) : name_(std::move(name)) { loads()[name_] = body; }

Exec Load::exec(const std::vector<std::string> &args) const
{
    Exec exec{.path = self(), .argv = {name_}, .env = {"SNOOP_LOAD=" + name_}};

    exec.argv.insert(exec.argv.end(), args.begin(), args.end());
    return exec;
}

std::string Load::self()
{
    std::array<char, 4096> path{};
    const ssize_t n = readlink("/proc/self/exe", path.data(), path.size());

    return {path.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

} // namespace snoop::test

int main(int argc, char **argv)
{
    using namespace snoop::test;

    if (const char *name = std::getenv("SNOOP_LOAD")) {
        const auto at = loads().find(name);
        if (at == loads().end()) {
            fprintf(stderr, "SNOOP_LOAD: there is no '%s'\n", name);
            return 125;
        }
        const std::vector<std::string> args{argv + 1, argv + argc};
        unsetenv("SNOOP_LOAD");
        return at->second(args);
    }
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}

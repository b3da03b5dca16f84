// SPDX-License-Identifier: BSD-2-Clause
#include "route.hpp"

#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace snoop::test {

const std::vector<Route> &routes(Kind kind)
{
    const auto join = [](std::initializer_list<std::vector<Route>> chapters) {
        std::vector<Route> all;
        for (std::vector<Route> chapter : chapters)
            std::move(chapter.begin(), chapter.end(), std::back_inserter(all));
        return all;
    };
    static const std::vector<Route> execs = join({exec_calls(), exec_vectors(), exec_places(), exec_failures()});
    static const std::vector<Route> opens = join({open_calls(), open_uring(), open_paths(), open_failures()});

    return kind == Kind::exec ? execs : opens;
}

void check(bool good, const std::string &what)
{
    if (!good)
        throw std::system_error(errno, std::generic_category(), what);
}

} // namespace snoop::test

// SPDX-License-Identifier: BSD-2-Clause
// The options of opencount.
//     Options options;
//     const OpenHooks<opencount_bpf> hooks{log, options, wanted_paths(options)};
#pragma once

#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "opens/open_options.hpp"
#include <snoop/opencount.h>

namespace snoop::opencount {

struct Options : OpenOptions {
    open_by by = OPEN_BY_PATH;
    bool full_path = false;
    MapOptions map{.max_keys = 131072};
    CountViewOptions view;

    // True if a key is a text of any length, which programs send once.
    [[nodiscard]] bool counts_texts() const { return by <= OPEN_BY_SUFFIX; }
    [[nodiscard]] bool counts_cgroups() const { return by == OPEN_BY_CONTAINER || by == OPEN_BY_UNIT; }
};

} // namespace snoop::opencount

// SPDX-License-Identifier: BSD-2-Clause
#include "table/columns.hpp"

namespace snoop {

void align(Buffer &out, std::size_t from, std::size_t width, Align how)
{
    const std::size_t used = width_from(out, from);
    if (used >= width)
        return;

    const std::size_t end = out.size();
    const std::size_t pad = width - used;
    out.resize(end + pad);
    if (how == Align::right) {
        std::copy_backward(out.data() + from, out.data() + end, out.data() + end + pad);
        std::fill_n(out.data() + from, pad, ' ');
    } else {
        std::fill_n(out.data() + end, pad, ' ');
    }
}

} // namespace snoop

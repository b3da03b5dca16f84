// SPDX-License-Identifier: BSD-2-Clause
// Creates a file for what is not for everybody, such as recorded arguments and paths.
//     const PrivateFile file = create_private_file("--record", "/tmp/recording");
//     if (file.has_replaced) …
#pragma once

#include "base/fd.hpp"

#include <string>
#include <string_view>

namespace snoop {

struct PrivateFile {
    Fd fd;
    bool has_replaced = false; // there was a file that was not empty
};

// A regular file is a new one, of mode 0600, which belongs to the user who called sudo; an old file is removed first.
// A FIFO or a device is opened. In a directory such as /tmp, where everybody may create files but not remove others',
// neither a symbolic link nor a FIFO of another user is followed. Throws Error (exit 2) that begins with the option.
PrivateFile create_private_file(std::string_view option, const std::string &path);

} // namespace snoop

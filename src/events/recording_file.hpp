// SPDX-License-Identifier: BSD-2-Clause
// Creates the file of a recording, which holds arguments and paths that are not for everybody.
//     const RecordingFile file = create_recording("/tmp/recording");
//     if (file.has_replaced) …
#pragma once

#include "base/fd.hpp"

#include <string>

namespace snoop {

struct RecordingFile {
    Fd fd;
    bool has_replaced = false; // there was a file that was not empty
};

// A regular file is a new one, of mode 0600, which belongs to the user who called sudo; an old file is removed first.
// A FIFO or a device is opened. In a directory such as /tmp, where everybody may create files but not remove others',
// neither a symbolic link nor a FIFO of another user is followed. Throws Error (exit 2).
RecordingFile create_recording(const std::string &path);

} // namespace snoop

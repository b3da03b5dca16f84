// SPDX-License-Identifier: BSD-2-Clause
// A file that is replaced as a whole, so that no reader ever sees a part, and that everybody can read.
//     MetricsFile file{"/var/lib/node_exporter/execcount.prom"};
//     file.write(text);
#pragma once

#include <string>
#include <string_view>

namespace snoop::snoop_export {

class MetricsFile {
public:
    // Throws Error (exit 1) if it cannot be written.
    explicit MetricsFile(std::string path);
    // Removes the file: what a tool counted is no longer true once it has ended.
    ~MetricsFile();
    MetricsFile(const MetricsFile &) = delete;
    MetricsFile &operator=(const MetricsFile &) = delete;

    // Throws Error (exit 1).
    void write(std::string_view text);

private:
    [[noreturn]] void fail(int err);

    std::string path_, next_; // the file that becomes it
};

} // namespace snoop::snoop_export

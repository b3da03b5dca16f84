// SPDX-License-Identifier: BSD-2-Clause
// The body of a request: an ExportLogsServiceRequest or ExportTraceServiceRequest in the JSON of proto3.
//     const RequestFormat format{settings.resource, settings.gzip, settings.spans};
//     client.post(format.body(queue, queue.batch_size()));
#pragma once

#include "snoop-export/queue.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace snoop::snoop_export {

class RequestFormat {
public:
    RequestFormat(const std::map<std::string, std::string> &resource, bool gzip, bool spans = false);

    // With the first `count` records of the queue.
    [[nodiscard]] std::string body(const Queue &queue, std::size_t count) const;

private:
    std::string head_;
    bool gzip_;
};

// Throws Error (exit 1).
std::string gzipped(const std::string &data);

} // namespace snoop::snoop_export

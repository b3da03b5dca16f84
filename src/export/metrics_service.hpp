// SPDX-License-Identifier: BSD-2-Clause
// --metrics and --metrics-file: has snoop-export serve the tool's metrics. The tool's maps are read when somebody asks
// for them, and at no other time.
//     MetricsService service{info, options, log};
//     service.start();
//     service.add([&](MetricSet &to) { … });
//     loop.serve(service.fd(), [&] { service.answer(); });
//     const bool was_served = service.finish();
#pragma once

#include "cli/options.hpp"
#include "export/helper.hpp"
#include "libbpf/log.hpp"
#include "metrics/metric.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

class MetricsService {
public:
    // Adds metrics as they are now. Throws Error if the kernel does not give them.
    using Collect = std::function<void(MetricSet &to)>;

    MetricsService(const ToolInfo &info, const CommonOptions &options, const Log &log)
        : info_(info), options_(options), log_(log)
    {}
    ~MetricsService();
    MetricsService(const MetricsService &) = delete;
    MetricsService &operator=(const MetricsService &) = delete;

    // Starts snoop-export and says where it serves metrics. Throws Error: exit 1 if it cannot listen there or cannot
    // write the file, exit 3 if there is no snoop-export.
    void start();
    void add(Collect collect) { collects_.push_back(std::move(collect)); }

    // Non-blocking.
    [[nodiscard]] int fd() const noexcept { return helper_.socket.get(); }
    // Answers what snoop-export has asked, and writes what the socket takes. Does not wait.
    void answer();
    // Waits for the end of snoop-export, which removes the file of --metrics-file. Returns false if it ended by itself,
    // which has been said.
    bool finish();

private:
    [[nodiscard]] HelperTask task() const;
    // Returns false once the socket is closed.
    bool read_messages();
    void take_line(std::string_view line);
    void collect();
    void write_lines();
    // Returns false if it still has a client.
    [[nodiscard]] bool wait_until_closed() const;
    void fail(std::optional<int> status);

    const ToolInfo &info_;
    const CommonOptions &options_;
    const Log &log_;
    Helper helper_;
    std::vector<Collect> collects_;
    std::string unread_, unwritten_;
    std::optional<std::uint64_t> asked_; // the number of a question without an answer
    bool is_ready_ = false, has_failed_ = false, has_said_error_ = false;
};

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/metrics_server.hpp"
#include "base/error.hpp"

#ifdef SNOOP_PROMETHEUS
#include "base/fd.hpp"
#include "snoop-export/metrics_client.hpp"
#include "snoop-export/metrics_file.hpp"
#include "snoop-export/prometheus_families.hpp"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <exception>
#include <memory>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>
#endif

namespace snoop::snoop_export {

#ifdef SNOOP_PROMETHEUS

namespace {

class ToolMetrics : public prometheus::Collectable {
public:
    explicit ToolMetrics(MetricsClient &client) : client_(client) {}
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override
    {
        return prometheus_families(client_.collect());
    }

private:
    MetricsClient &client_;
};

// The error of listening at an address that is free by now is 0. civetweb does not tell it.
int listen_error(const std::string &address)
{
    const std::size_t colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    const bool is_v6 = host.starts_with('[');
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    std::uint16_t port = 0;

    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
    if (is_v6)
        inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr);
    const Fd probe{socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int result = is_v6 ? bind(probe.get(), reinterpret_cast<const sockaddr *>(&v6), sizeof(v6))
                             : bind(probe.get(), reinterpret_cast<const sockaddr *>(&v4), sizeof(v4));
    return result == 0 ? 0 : errno;
}

std::unique_ptr<prometheus::Exposer> listen_at(const std::string &address)
{
    try {
        // Two threads more than Prometheus needs: a slow client holds one.
        return std::make_unique<prometheus::Exposer>(
            std::vector<std::string>{"listening_ports", address, "num_threads", "4", "request_timeout_ms", "10000"});
    } catch (const std::exception &failure) {
        const int err = listen_error(address);
        if (!err && address.starts_with('['))
            throw Error{exit_lacks, "--metrics: cannot listen at {}: civetweb here has no IPv6: give an IPv4 address",
                        address};
        throw Error{exit_runtime, "--metrics: cannot listen at {}: {}", address,
                    err ? describe_errno(err) : failure.what()};
    }
}

// Stops before the exposer does: a scrape would wait for the tool.
void serve_http(MetricsClient &client, const std::string &address, const MetricsCalls &calls)
{
    const auto metrics = std::make_shared<ToolMetrics>(client);
    const auto exposer = listen_at(address);

    exposer->RegisterCollectable(metrics);
    calls.ready(
        fmt::format("http://{}:{}/metrics", address.substr(0, address.rfind(':')), exposer->GetListeningPorts().at(0)));
    client.read();
    calls.ended();
}

void write_files(MetricsClient &client, MetricsFile &file, const MetricsCalls &calls)
{
    constexpr std::chrono::seconds interval{15};
    std::string last_error;

    do {
        try {
            file.write(prometheus::TextSerializer{}.Serialize(prometheus_families(client.collect())));
            last_error.clear();
        } catch (const Error &error) {
            if (std::exchange(last_error, error.what()) != error.what())
                calls.say(error.what());
        }
    } while (!client.wait_for_end(interval));
}

void serve_file(MetricsClient &client, const std::string &path, const MetricsCalls &calls)
{
    MetricsFile file{path}; // it can be written, or this throws

    calls.ready(path);
    std::thread writer{[&] { write_files(client, file, calls); }};
    client.read();
    writer.join();
}

} // namespace

void serve_metrics(const MetricsTarget &target, const MetricsCalls &calls)
{
    MetricsClient client{STDIN_FILENO, STDIN_FILENO, calls.say};

    if (target.file.empty())
        serve_http(client, target.address, calls);
    else
        serve_file(client, target.file, calls);
}

#else

void serve_metrics(const MetricsTarget &, const MetricsCalls &)
{
    throw Error{exit_lacks,
                "--metrics: this snoop-export is built without prometheus-cpp: build it with prometheus-cpp-dev"};
}

#endif

} // namespace snoop::snoop_export

// SPDX-License-Identifier: BSD-2-Clause
// --metrics and --metrics-file, of all tools that trace.
#include "cli/cli.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace snoop {
namespace {

bool is_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);

    return error == std::errc{} && end == text.data() + text.size();
}

bool is_address(const std::string &text)
{
    in6_addr address{};

    if (text.starts_with('[') && text.ends_with(']'))
        return inet_pton(AF_INET6, text.substr(1, text.size() - 2).c_str(), &address) == 1;
    return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

std::string parse_address(std::string_view option, const std::string &text)
{
    std::string given = text.find(':') == text.npos ? "127.0.0.1:" + text : text;
    if (given.starts_with("localhost:"))
        given.replace(0, std::string_view{"localhost"}.size(), "127.0.0.1");
    const std::size_t colon = given.rfind(':');

    if (!is_address(given.substr(0, colon)) || !is_port(std::string_view{given}.substr(colon + 1)))
        throw Error{exit_usage, "{}: invalid address '{}': give PORT or ADDRESS:PORT, such as 9464 or 192.0.2.1:9464",
                    option, text};
    return given;
}

} // namespace

void Cli::add_metrics()
{
    section_ = Section::output;
    add(section_, "--metrics", "[ADDR:]PORT", "Serve metrics for Prometheus at http://ADDR:PORT/metrics")
        .manual("Serve metrics for Prometheus at http://ADDR:PORT/metrics. ADDR is an IPv4 address, or an IPv6 address "
                "in brackets, of this machine (not on Debian 12, whose civetweb has no IPv6). Without it, and for "
                "localhost, it is 127.0.0.1. Port 0 is a free one, which a line on standard error names. See METRICS.")
        .take = [this](std::string_view name, const std::string &text) {
        common_.metrics.address = parse_address(name, text);
    };
    option("--metrics-file", "FILE", common_.metrics.file, "Write metrics to FILE.prom, for node_exporter")
        .manual("Write the same metrics to FILE every 15 seconds, for the textfile collector of node_exporter. The "
                "name of FILE ends in .prom. See METRICS.")
        .completes(Complete::file);
    section_ = Section::own;
}

void Cli::check_metrics() const
{
    const auto &[address, file] = common_.metrics;

    if (!common_.metrics.is_on())
        return;
    if (!address.empty() && !file.empty())
        throw Error{exit_usage, "--metrics-file cannot be combined with --metrics: omit one of them"};
    if (!file.empty() && !file.ends_with(".prom"))
        throw Error{exit_usage, "--metrics-file: the name of '{}' must end in .prom, or node_exporter ignores it",
                    file};
    if (!common_.replay.empty())
        throw Error{exit_usage, "{} does not apply to a recording: omit it", common_.metrics.option()};
}

} // namespace snoop

// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/settings.hpp"
#include "base/error.hpp"
#include "base/parse.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_export {
namespace {

struct Variable {
    std::string name, value; // empty: not set, which is the same
};

// The environment, as one of the signals of OpenTelemetry sees it.
struct Source {
    const Environment &environment;
    const char *variables, *path; // "LOGS_", "/v1/logs"
};

std::string value_of(const Source &source, const std::string &name)
{
    const char *value = source.environment(name.c_str());

    return value == nullptr ? "" : value;
}

// The variable of this signal, or that of all: `name` is "TIMEOUT".
Variable variable(const Source &source, std::string_view name)
{
    for (const char *signal : {source.variables, ""}) {
        const std::string whole = fmt::format("OTEL_EXPORTER_OTLP_{}{}", signal, name);
        if (std::string value = value_of(source, whole); !value.empty())
            return {whole, value};
    }
    return {};
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");

    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto digit = [&](char c) {
        return digits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    };
    std::string decoded;

    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (text.size() - i < 3 || digit(text[i + 1]) == digits.npos || digit(text[i + 2]) == digits.npos)
            return std::nullopt;
        decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
    }
    return decoded;
}

// "name=value,name=value", the values percent-encoded. A message does not show a value, which may be a secret.
std::vector<std::pair<std::string, std::string>> pairs_of(const Variable &from)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    std::string_view rest = from.value;

    while (!rest.empty()) {
        const std::string_view item = trimmed(rest.substr(0, rest.find(',')));
        rest.remove_prefix(std::min(rest.size(), rest.find(',') == rest.npos ? rest.size() : rest.find(',') + 1));
        if (item.empty())
            continue;
        const std::string_view name = trimmed(item.substr(0, item.find('=')));
        if (item.find('=') == item.npos || name.empty())
            throw Error{exit_usage, "{}: item {} is invalid: expected NAME=VALUE,NAME=VALUE", from.name,
                        pairs.size() + 1};
        const auto value = percent_decoded(trimmed(item.substr(item.find('=') + 1)));
        if (!value)
            throw Error{exit_usage, "{}: the value of '{}' has an invalid percent-encoding: write % as %25", from.name,
                        name};
        pairs.emplace_back(name, *value);
    }
    return pairs;
}

// No header can be made to hold two.
std::vector<std::string> headers_of(const Variable &from)
{
    std::vector<std::string> headers;
    const auto is_token = [](unsigned char c) {
        return std::isalnum(c) ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) != std::string_view::npos;
    };
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };

    for (const auto &[name, value] : pairs_of(from)) {
        if (!std::ranges::all_of(name, is_token))
            throw Error{exit_usage, "{}: '{}' is not the name of an HTTP header", from.name, name};
        if (std::ranges::any_of(value, is_control))
            throw Error{exit_usage, "{}: the value of '{}' has a control character", from.name, name};
        // libcurl's way to send a header without a value.
        headers.push_back(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
    }
    return headers;
}

struct CurlDeleter {
    void operator()(CURLU *url) const { curl_url_cleanup(url); }
    void operator()(char *text) const { curl_free(text); }
};

std::string part_of(CURLU *url, CURLUPart part)
{
    char *text = nullptr;

    if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
        return "";
    const std::unique_ptr<char, CurlDeleter> owner{text};
    return text;
}

// The suffix is appended, unless it is there.
void set_url(Settings &settings, const std::string &source, const std::string &text, std::string_view suffix)
{
    const std::unique_ptr<CURLU, CurlDeleter> url{curl_url()};

    const bool is_url = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
    const std::string scheme = is_url ? part_of(url.get(), CURLUPART_SCHEME) : "";
    if (scheme != "http" && scheme != "https")
        throw Error{exit_usage, "{}: invalid URL '{}': expected http://HOST:4318 or https://HOST:4318", source, text};
    std::string path = part_of(url.get(), CURLUPART_PATH);
    if (!path.ends_with(suffix)) {
        path.erase(path.find_last_not_of('/') + 1);
        path += suffix;
        curl_url_set(url.get(), CURLUPART_PATH, path.c_str(), 0);
    }
    settings.url = part_of(url.get(), CURLUPART_URL);
    for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
        curl_url_set(url.get(), part, nullptr, 0);
    settings.shown_url = part_of(url.get(), CURLUPART_URL);
}

void take_url(Settings &settings, const Given &given, const Source &source)
{
    const Variable endpoint = variable(source, "ENDPOINT");
    const bool is_of_all = endpoint.name == "OTEL_EXPORTER_OTLP_ENDPOINT";

    if (!given.otlp.empty())
        return set_url(settings, "--otlp", given.otlp, source.path);
    if (endpoint.value.empty())
        throw Error{exit_usage, "where to? Give --otlp http://HOST:4318, or set OTEL_EXPORTER_OTLP_ENDPOINT"};
    // The port of gRPC is another one.
    if (const Variable protocol = variable(source, "PROTOCOL"); protocol.value == "grpc")
        throw Error{exit_usage, "{}=grpc is not supported: give --otlp with the URL of OTLP/HTTP, whose port is 4318",
                    protocol.name};
    set_url(settings, endpoint.name, endpoint.value, is_of_all ? source.path : "");
}

void take_timeout(Settings &settings, const Given &given, const Source &source)
{
    constexpr std::uint64_t most = 86'400'000; // a day
    const Variable timeout = variable(source, "TIMEOUT");

    if (given.timeout_s)
        settings.timeout = std::chrono::milliseconds{std::clamp<std::int64_t>(
            static_cast<std::int64_t>(std::min(*given.timeout_s * 1000, double{most})), 1, most)};
    else if (!timeout.value.empty())
        settings.timeout = std::chrono::milliseconds{parse_count(timeout.name, timeout.value, most)};
}

void take_compression(Settings &settings, const Source &source)
{
    const Variable compression = variable(source, "COMPRESSION");

    if (compression.value == "none")
        settings.gzip = false;
    else if (!compression.value.empty() && compression.value != "gzip")
        throw Error{exit_usage, "{}: invalid compression '{}': give gzip or none", compression.name, compression.value};
}

std::string readable_file(const Source &source, const char *name)
{
    const Variable file = variable(source, name);

    if (!file.value.empty() && access(file.value.c_str(), R_OK) != 0)
        throw Error{exit_usage, "{}: cannot read '{}': {}", file.name, file.value, describe_errno(errno)};
    return file.value;
}

void take_resource(Settings &settings, const Source &source)
{
    std::array<char, 256> host{};
    const std::string service = value_of(source, "OTEL_SERVICE_NAME");

    if (gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0')
        settings.resource["host.name"] = host.data();
    settings.resource["service.name"] = "snoopkit";
    const char *attributes = "OTEL_RESOURCE_ATTRIBUTES";
    for (const auto &[name, value] : pairs_of({attributes, value_of(source, attributes)}))
        settings.resource[name] = value;
    if (!service.empty())
        settings.resource["service.name"] = service;
}

} // namespace

Settings settings_of(const Given &given, const Environment &environment)
{
    const Source source =
        given.spans ? Source{environment, "TRACES_", "/v1/traces"} : Source{environment, "LOGS_", "/v1/logs"};
    Settings settings;

    settings.spans = given.spans;
    take_resource(settings, source);
    if (given.to_stdout) {
        settings.gzip = false;
        return settings;
    }
    take_url(settings, given, source);
    take_timeout(settings, given, source);
    take_compression(settings, source);
    settings.headers = headers_of(variable(source, "HEADERS"));
    settings.ca_file = readable_file(source, "CERTIFICATE");
    settings.client_certificate = readable_file(source, "CLIENT_CERTIFICATE");
    settings.client_key = readable_file(source, "CLIENT_KEY");
    return settings;
}

} // namespace snoop::snoop_export

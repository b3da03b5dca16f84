// SPDX-License-Identifier: BSD-2-Clause
// The variables OTEL_* of the environment, and what the command line has instead.
#include "base/error.hpp"
#include "fixtures.hpp"
#include "snoop-export/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace snoop::snoop_export {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

Settings settings(const Variables &variables, const Given &given = {.otlp = "http://host:4318", .timeout_s = {}})
{
    return settings_of(given, [&](const char *name) -> const char * {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

std::string url(const std::string &otlp) { return settings({}, {otlp, {}}).url; }

// The message, with the exit code.
std::string refusal(const Variables &variables, const Given &given = {.otlp = "http://host:4318", .timeout_s = {}})
{
    try {
        settings(variables, given);
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage);
        return error.what();
    }
    return "accepted";
}

TEST(ExportSettings, AppendThePath)
{
    EXPECT_EQ(url("http://host:4318"), "http://host:4318/v1/logs");
    EXPECT_EQ(url("http://host:4318/"), "http://host:4318/v1/logs");
    EXPECT_EQ(url("https://host/otlp/"), "https://host/otlp/v1/logs");
    EXPECT_EQ(url("http://host:4318/v1/logs"), "http://host:4318/v1/logs");
    EXPECT_EQ(url("http://[::1]:4318"), "http://[::1]:4318/v1/logs");
    EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a/x"}}, {}).url, "http://a/x/v1/logs");
    EXPECT_EQ(
        settings({{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://a/x"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://b"}}, {})
            .url,
        "http://a/x");
}

TEST(ExportSettings, NeedAUrl)
{
    for (const char *wrong : {"host", "host:4318", "ftp://host", "http://", "http:// host", "file:///etc/passwd"})
        EXPECT_THAT(refusal({}, {wrong, {}}), HasSubstr("expected http://HOST:4318")) << wrong;
    EXPECT_THAT(refusal({}, {}), HasSubstr("--otlp"));
    EXPECT_THAT(refusal({{"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}, {}), HasSubstr("--otlp")); // empty is not set
}

TEST(ExportSettings, HideThePassword)
{
    EXPECT_EQ(settings({}, {"http://user:secret@host:1/?key=secret", {}}).shown_url, "http://host:1/v1/logs");
}

TEST(ExportSettings, RefuseGrpc)
{
    const Variables grpc{{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4317"}};

    EXPECT_THAT(refusal(grpc, {}), HasSubstr("4318"));
    EXPECT_EQ(refusal(grpc), "accepted");
}

TEST(ExportSettings, TakeHeaders)
{
    EXPECT_THAT(settings({{"OTEL_EXPORTER_OTLP_HEADERS", " api-key = a%20b%3D, x=,"}}).headers,
                ElementsAre("api-key: a b=", "x;"));
    EXPECT_THAT(settings({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"}, {"OTEL_EXPORTER_OTLP_LOGS_HEADERS", "b=2"}}).headers,
                ElementsAre("b: 2"));
}

TEST(ExportSettings, RefuseHeadersWithoutShowingThem)
{
    for (const char *wrong :
         {"secret", "a=1,secret", "=secret", "a=secret%0d%0ab: c", "a b=secret", "a=secret%2", "a=secret%zz"}) {
        const std::string message = refusal({{"OTEL_EXPORTER_OTLP_HEADERS", wrong}});
        EXPECT_THAT(message, HasSubstr("OTEL_EXPORTER_OTLP_HEADERS")) << wrong;
        EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    }
}

TEST(ExportSettings, TakeTimes)
{
    using namespace std::chrono_literals;

    EXPECT_EQ(settings({}).timeout, 10s);
    EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_TIMEOUT", "250"}}).timeout, 250ms);
    EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_TIMEOUT", "250"}}, {"http://a", 2.5}).timeout, 2500ms);
    EXPECT_EQ(settings({}, {"http://a", 1e300}).timeout, 24h);
    EXPECT_EQ(settings({}, {"http://a", 1e-9}).timeout, 1ms);
    EXPECT_THAT(refusal({{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s"}}), HasSubstr("OTEL_EXPORTER_OTLP_TIMEOUT"));
}

TEST(ExportSettings, TakeCompression)
{
    EXPECT_TRUE(settings({}).gzip);
    EXPECT_FALSE(settings({{"OTEL_EXPORTER_OTLP_COMPRESSION", "none"}}).gzip);
    EXPECT_TRUE(
        settings({{"OTEL_EXPORTER_OTLP_COMPRESSION", "none"}, {"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"}}).gzip);
    EXPECT_THAT(refusal({{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"}}), HasSubstr("gzip or none"));
}

TEST(ExportSettings, TakeFiles)
{
    const test::TempDir temp;
    const std::string file = temp.file("ca.pem", "");

    EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_CERTIFICATE", file}}).ca_file, file);
    EXPECT_THAT(refusal({{"OTEL_EXPORTER_OTLP_CERTIFICATE", temp.at("none")}}), HasSubstr("ENOENT"));
}

TEST(ExportSettings, DescribeTheResource)
{
    auto resource = settings({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=a,x=y%2Cz,host.name=h"}}).resource;

    EXPECT_EQ(resource, (Variables{{"service.name", "a"}, {"x", "y,z"}, {"host.name", "h"}}));
    EXPECT_EQ(
        settings({{"OTEL_SERVICE_NAME", "b"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=a"}}).resource["service.name"],
        "b");
    EXPECT_EQ(settings({}).resource["service.name"], "snoopkit");
}

} // namespace
} // namespace snoop::snoop_export

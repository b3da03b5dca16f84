// SPDX-License-Identifier: BSD-2-Clause
// Tests of the meaning of answers, and of the times between attempts.
#include "snoop-export/answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;
using Kind = Verdict::Kind;

Verdict answer(long status, const std::string &body = "")
{
    Response response;

    response.status = status;
    response.body = body;
    return verdict_of(response);
}

TEST(ExportAnswer, TellsWhatToSendAgain)
{
    for (const long status : {429, 502, 503, 504})
        EXPECT_EQ(answer(status).kind, Kind::retry) << status;
    for (const long status : {301, 400, 401, 404, 408, 413, 500, 501})
        EXPECT_EQ(answer(status).kind, Kind::rejected) << status;
    for (const long status : {200, 202, 204})
        EXPECT_EQ(answer(status).kind, Kind::accepted) << status;
}

TEST(ExportAnswer, IsTriedAgainWithoutOne)
{
    Response response;

    response.failure = "Connection refused";
    const Verdict verdict = verdict_of(response);
    EXPECT_EQ(verdict.kind, Kind::retry);
    EXPECT_EQ(verdict.reason, "Connection refused");
}

TEST(ExportAnswer, CountsWhatWasRejected)
{
    EXPECT_EQ(answer(200, "{}").rejected_records, 0U);
    EXPECT_EQ(answer(200, R"({"partialSuccess":{}})").rejected_records, 0U);
    EXPECT_EQ(answer(200, R"({"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"old"}})").rejected_records,
              3U);
    EXPECT_EQ(answer(200, R"({"partialSuccess":{"rejectedLogRecords":3}})").rejected_records, 3U);
    EXPECT_EQ(answer(200, R"({"partialSuccess":{"rejectedSpans":"2"}})").rejected_records, 2U);
    EXPECT_EQ(answer(200, R"({"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"old"}})").reason, "old");
}

TEST(ExportAnswer, SurvivesAnyBody)
{
    for (const char *body :
         {"", "x", "[]", "{\"partialSuccess\":1}", "{\"partialSuccess\":{\"rejectedLogRecords\":-1}}",
          "{\"partialSuccess\":{\"rejectedLogRecords\":\"1x\"}}", "\xff"})
        EXPECT_EQ(answer(200, body).rejected_records, 0U) << body;
}

TEST(ExportAnswer, SaysWhy)
{
    EXPECT_EQ(answer(400, R"({"code":3,"message":"bad\nsecond line"})").reason, "HTTP status 400: bad");
    EXPECT_EQ(answer(404, "404 page not found\n").reason, "HTTP status 404: 404 page not found");
    EXPECT_EQ(answer(500, "<html>").reason, "HTTP status 500");
    EXPECT_LT(answer(400, std::string(5000, 'x')).reason.size(), 300U);
}

TEST(ExportBackoff, Doubles)
{
    Backoff backoff;

    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s})
        EXPECT_EQ(backoff.next({}, 0.5), expected);
    backoff.reset();
    EXPECT_EQ(backoff.next({}, 0.5), 1s);
}

TEST(ExportBackoff, VariesByHalf)
{
    EXPECT_EQ(Backoff{}.next({}, 0), 500ms);
    EXPECT_EQ(Backoff{}.next({}, 1), 1500ms);
}

TEST(ExportBackoff, HonoursRetryAfter)
{
    Backoff backoff;

    EXPECT_EQ(backoff.next(17s, 0), 17s);
    EXPECT_EQ(backoff.next(100'000'000s, 0), 3600s);
    EXPECT_EQ(backoff.next({}, 0.5), 1s); // such a wait is not an attempt that failed
}

} // namespace
} // namespace snoop::snoop_export

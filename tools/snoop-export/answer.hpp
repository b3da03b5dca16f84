// SPDX-License-Identifier: BSD-2-Clause
// Tells what an answer of the receiver means, and when to try again, as the specification of OTLP/HTTP does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

// The result of a request. Without a status, there was no answer, and `failure` says why.
struct Response {
    long status = 0;
    std::string body, failure;
    std::optional<std::chrono::seconds> retry_after;
};

struct Verdict {
    enum class Kind { accepted, retry, rejected } kind;
    std::uint64_t rejected_records = 0; // of those in an accepted request
    std::string reason;                 // one line; may be empty if it was accepted
};

Verdict verdict_of(const Response &response);

// Times between attempts: they double from one to half a minute, each with a random part. Retry-After replaces them.
class Backoff {
public:
    static constexpr std::chrono::milliseconds first{1000}, most{30'000};
    static constexpr std::chrono::seconds longest_wait{3600}; // of a Retry-After

    // `random` is from 0 to 1.
    std::chrono::milliseconds next(std::optional<std::chrono::seconds> retry_after, double random);
    void reset() noexcept { delay_ = first; }

private:
    std::chrono::milliseconds delay_ = first;
};

} // namespace snoop::snoop_export

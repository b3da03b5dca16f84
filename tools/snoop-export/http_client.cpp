// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/http_client.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop::snoop_export {
namespace {

constexpr std::size_t longest_answer = 64 * 1024;

void expect(CURLMcode code)
{
    if (code != CURLM_OK)
        throw Error{exit_runtime, "libcurl: {}", curl_multi_strerror(code)};
}

} // namespace

HttpClient::HttpClient(const Settings &settings)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        throw Error{exit_runtime, "libcurl cannot be initialized"};
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
    if (!easy_ || !multi_)
        throw Error{exit_runtime, "libcurl cannot be initialized: no memory"};
    set_up(settings);
}

template <class T> void HttpClient::set(CURLoption option, T value)
{
    if (const CURLcode code = curl_easy_setopt(easy_.get(), option, value); code != CURLE_OK)
        throw Error{exit_runtime, "libcurl: {}", curl_easy_strerror(code)};
}

void HttpClient::set_up(const Settings &settings)
{
    const auto add_header = [&](const std::string &header) {
        for (auto *headers : {&headers_, &gzip_headers_})
            headers->reset(curl_slist_append(headers->release(), header.c_str()));
    };

    gzip_headers_.reset(curl_slist_append(nullptr, "Content-Encoding: gzip"));
    add_header("Content-Type: application/json");
    add_header("Expect:"); // a large body does not wait for leave to be sent
    std::ranges::for_each(settings.headers, add_header);
    set(CURLOPT_URL, settings.url.c_str());
    set(CURLOPT_USERAGENT, "snoopkit/" SNOOP_VERSION);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_WRITEFUNCTION, &HttpClient::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void *>(this));
    if (!settings.ca_file.empty())
        set(CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.client_certificate.empty())
        set(CURLOPT_SSLCERT, settings.client_certificate.c_str());
    if (!settings.client_key.empty())
        set(CURLOPT_SSLKEY, settings.client_key.c_str());
}

// Keeps no more than an answer of OTLP can need.
std::size_t HttpClient::on_body(char *data, std::size_t size, std::size_t count, void *self)
{
    std::string &answer = static_cast<HttpClient *>(self)->answer_;

    answer.append(data, std::min(size * count, longest_answer - answer.size()));
    return size * count;
}

void HttpClient::post(std::string body)
{
    constexpr std::string_view gzip_magic = "\x1f\x8b";

    body_ = std::move(body);
    set(CURLOPT_HTTPHEADER, body_.starts_with(gzip_magic) ? gzip_headers_.get() : headers_.get());
    answer_.clear();
    error_.assign(CURL_ERROR_SIZE, '\0');
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_POSTFIELDS, body_.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    expect(curl_multi_add_handle(multi_.get(), easy_.get()));
    is_busy_ = true;
}

void HttpClient::wait(std::span<const int> fds, std::chrono::milliseconds most)
{
    std::vector<curl_waitfd> waits;

    for (const int fd : fds)
        waits.push_back({fd, CURL_WAIT_POLLIN, 0});
    expect(curl_multi_poll(multi_.get(), waits.data(), static_cast<unsigned>(waits.size()),
                           static_cast<int>(most.count()), nullptr));
}

std::optional<Response> HttpClient::take_response()
{
    int running = 0, left = 0;

    expect(curl_multi_perform(multi_.get(), &running));
    const CURLMsg *message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr || message->msg != CURLMSG_DONE)
        return std::nullopt;
    const CURLcode result = message->data.result;
    cancel();
    return response_of(result);
}

Response HttpClient::response_of(CURLcode result)
{
    Response response;
    curl_off_t seconds = 0;

    if (result != CURLE_OK) {
        response.failure = error_[0] != '\0' ? error_.c_str() : curl_easy_strerror(result);
        return response;
    }
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response.status);
    if (curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
        response.retry_after = std::chrono::seconds{seconds};
    response.body = answer_;
    return response;
}

void HttpClient::cancel()
{
    if (!is_busy_)
        return;
    is_busy_ = false;
    curl_multi_remove_handle(multi_.get(), easy_.get());
}

} // namespace snoop::snoop_export

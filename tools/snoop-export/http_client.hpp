// SPDX-License-Identifier: BSD-2-Clause
// Sends one request at a time, without waiting for its answer: wait() waits for that and for a descriptor at once.
//     client.post(body);
//     client.wait(stdin_fd, 100ms);
//     if (auto response = client.take_response()) …
#pragma once

#include "snoop-export/answer.hpp"
#include "snoop-export/settings.hpp"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace snoop::snoop_export {

class HttpClient {
public:
    // Throws Error (exit 1).
    explicit HttpClient(const Settings &settings);

    [[nodiscard]] bool is_busy() const noexcept { return is_busy_; }
    // Starts a request, whose body may be compressed. Only while none is in flight.
    void post(std::string body);
    // Returns when one of the descriptors is readable, when there is something to do for the request, or after
    // `most`. Throws Error (exit 1).
    void wait(std::span<const int> fds, std::chrono::milliseconds most);
    // Lets the request go on. Returns its response, once.
    std::optional<Response> take_response();
    // Ends the request. Whether the receiver has got it is not known.
    void cancel();

private:
    struct Deleter {
        void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
        void operator()(curl_slist *list) const { curl_slist_free_all(list); }
    };
    struct EasyDeleter {
        void operator()(CURL *easy) const { curl_easy_cleanup(easy); }
    };

    void set_up(const Settings &settings);
    template <class T> void set(CURLoption option, T value);
    Response response_of(CURLcode result);
    static std::size_t on_body(char *data, std::size_t size, std::size_t count, void *self);

    std::unique_ptr<curl_slist, Deleter> headers_, gzip_headers_;
    std::unique_ptr<CURL, EasyDeleter> easy_;
    std::unique_ptr<CURLM, Deleter> multi_;
    bool is_busy_ = false;
    std::string body_, answer_;
    std::string error_ = std::string(CURL_ERROR_SIZE, '\0');
};

} // namespace snoop::snoop_export

#pragma once

#include "delivery/http_client.h"
#include "senders/curl_pool.h"

namespace parley::senders {

// HttpClient by libcurl. A proxy named by the environment (https_proxy, no_proxy) is used, except
// for requests that may only go to the public internet: it would resolve names where we cannot
// look.
class CurlHttpClient final : public delivery::HttpClient {
 public:
  explicit CurlHttpClient(unsigned threads = 2, std::size_t longest_queue = 256);

  Task<std::expected<delivery::OutboundAnswer, std::string>> fetch(
      delivery::OutboundRequest request) override;

  // Breaks off what is under way; it and later requests yield a sentence. To be called before the
  // loops of the callers go.
  void stop() { pool_.stop(); }

 private:
  CurlPool pool_;
};

}  // namespace parley::senders

#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"

namespace parley::delivery {

// A request of ours to another server.
struct OutboundRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string user{};  // HTTP Basic, when there is one
  std::string password{};
  std::chrono::milliseconds timeout{10'000};  // of all of it
  std::size_t most_bytes = 1 << 20;           // of the answer
  // For addresses that clients gave us: no connection to this machine, to private networks or to
  // anything else that is not of the public internet, whatever the host's name leads to.
  bool public_only = false;
};

struct OutboundAnswer {
  int status = 0;
  std::string body;
  std::chrono::seconds retry_after{0};  // when the answer says so
};

// HttpClient asks other servers by HTTP. Certificates are verified, redirects are not followed.
// Safe to call from any loop, which it never blocks.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Every answer is an answer, whatever its status. Otherwise a sentence that says why there is
  // none; it names no part of the request but its host.
  virtual Task<std::expected<OutboundAnswer, std::string>> fetch(OutboundRequest request) = 0;
};

}  // namespace parley::delivery

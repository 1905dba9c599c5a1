#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ssl/context.hpp>

#include "base/waiter.h"
#include "delivery/http_client.h"

namespace parley::senders {

class Http2Connection;

struct Http2Options {
  std::string trusted{};  // certificates in PEM; empty means those that the system trusts
  std::chrono::milliseconds connect_timeout{10'000};
};

// HttpClient by HTTP/2 over TLS, on a thread of its own. It keeps one connection to each server
// and sends all requests through it, many at once. When that breaks, or the server says goodbye,
// the next request opens another; a request that was under way is not made twice.
//
// Only https:// is taken, without user and password, and no proxy is used. Requests for the public
// internet only are refused, for addresses are not checked here.
class Http2Client final : public delivery::HttpClient {
 public:
  // Throws std::runtime_error when `trusted` cannot be read.
  explicit Http2Client(Http2Options options = {});
  ~Http2Client() override;

  Task<std::expected<delivery::OutboundAnswer, std::string>> fetch(
      delivery::OutboundRequest request) override;

  // Breaks off what is under way; it and later requests yield a sentence. To be called before the
  // loops of the callers go.
  void stop();

 private:
  struct Call;

  void submit(Call* call);
  void begin(Call* call);
  std::shared_ptr<Http2Connection> connection_to(const Call& call);

  const Http2Options options_;
  Loop loop_{1};
  boost::asio::executor_work_guard<Loop::executor_type> work_;
  boost::asio::ssl::context tls_;
  // By the loop's thread only.
  std::map<std::string, std::shared_ptr<Http2Connection>> by_origin_;
  std::vector<std::weak_ptr<Http2Connection>> all_;

  std::mutex mutex_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace parley::senders

#include "senders/http2_client.h"

#include <algorithm>
#include <ranges>
#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <nghttp2/nghttp2.h>
#include <pthread.h>

#include "base/ascii.h"
#include "senders/http2_connection.h"
#include "senders/url.h"

namespace parley::senders {
namespace {

using Fetched = std::expected<delivery::OutboundAnswer, std::string>;

constexpr auto* kStopping = "the server is stopping";

const std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_header(const std::pair<std::string, std::string>& header) {
  const std::string name = lower_ascii(header.first);
  return !name.starts_with(':') && nghttp2_check_header_name(bytes_of(name), name.size()) != 0 &&
         nghttp2_check_header_value(bytes_of(header.second), header.second.size()) != 0;
}

bool is_well_formed(const delivery::OutboundRequest& request) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !request.method.empty() && std::ranges::all_of(request.method, is_letter) &&
         std::ranges::all_of(request.headers, is_header);
}

std::string why_not(const delivery::OutboundRequest& request, const std::optional<Url>& url) {
  if (!url) return "the address is no URL";
  if (url->scheme != "https") return url->host + " is not to be asked by https";
  if (url->has_user || !request.user.empty() || !request.password.empty() || request.public_only ||
      !is_well_formed(request))
    return "the request to " + url->host + " is malformed";
  return {};
}

}  // namespace

struct Http2Client::Call : Waiter {
  Call(delivery::OutboundRequest asked, Url at)
      : request(std::move(asked)), server(std::move(at)) {}

  // The caller goes on, and *this belongs to it again.
  void finish(Fetched result) {
    fetched = std::move(result);
    std::vector<Call*> waiters{this};
    resume_all(waiters);
  }

  delivery::OutboundRequest request;
  Url server;
  Fetched fetched;
};

Http2Client::Http2Client(Http2Options options)
    : options_(std::move(options)),
      work_(boost::asio::make_work_guard(loop_)),
      tls_(boost::asio::ssl::context::tls_client) {
  SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
  static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(tls_.native_handle(), kHttp2, sizeof kHttp2);
  boost::system::error_code unreadable;
  if (options_.trusted.empty())
    tls_.set_default_verify_paths(unreadable);
  else
    tls_.add_certificate_authority(boost::asio::buffer(options_.trusted), unreadable);
  if (unreadable) throw std::runtime_error("the trusted certificates cannot be read");
  thread_ = std::jthread{[this] {
    pthread_setname_np(pthread_self(), "http2-client");
    loop_.run();
  }};
}

Http2Client::~Http2Client() { stop(); }

Task<Fetched> Http2Client::fetch(delivery::OutboundRequest request) {
  auto url = read_url(request.url);
  if (auto why = why_not(request, url); !why.empty()) co_return std::unexpected(std::move(why));
  Call call{std::move(request), std::move(*url)};
  co_await call.wait([&] { submit(&call); });
  co_return std::move(call.fetched);
}

void Http2Client::submit(Call* call) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) return boost::asio::post(loop_, [this, call] { begin(call); });
  }
  call->finish(std::unexpected(kStopping));
}

void Http2Client::begin(Call* call) {
  const auto connection = connection_to(*call);
  if (!connection->accepts())
    return call->finish(std::unexpected("too many requests to " + call->server.host + " wait"));
  connection->ask(call->request, [call](Fetched fetched) { call->finish(std::move(fetched)); });
}

std::shared_ptr<Http2Connection> Http2Client::connection_to(const Call& call) {
  auto& kept = by_origin_[call.server.origin()];
  if (kept && kept->is_open()) return kept;
  // The old one lives until its last answer has come.
  kept = std::make_shared<Http2Connection>(loop_, tls_, call.server);
  kept->start(options_.connect_timeout);
  std::erase_if(all_, [](const auto& connection) { return connection.expired(); });
  all_.push_back(kept);
  return kept;
}

void Http2Client::stop() {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(stopping_, true)) return;
    // After every begin() that was posted before.
    boost::asio::post(loop_, [this] {
      for (const auto& weak : all_)
        if (const auto connection = weak.lock()) connection->close(kStopping);
      by_origin_.clear();
    });
  }
  work_.reset();
  thread_.join();
}

}  // namespace parley::senders

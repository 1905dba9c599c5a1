#include "senders/web_push.h"

#include <boost/asio/ip/address.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "senders/ece.h"
#include "senders/public_address.h"
#include "senders/push_text.h"
#include "senders/url.h"

namespace parley::senders {
namespace {

using notification::PushHint;
using notification::PushSending;

constexpr std::size_t kLongestTopic = 32;  // RFC 8030 §5.4

PushSending refused(std::string why) {
  return {.outcome = PushOutcome::refused, .why = std::move(why)};
}

bool is_address(const std::string& host) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  return !no_address;
}

bool is_loopback(const Url& url) {
  return url.host == "127.0.0.1" || url.host == "::1" || url.host == "localhost";
}

std::string text_of(const PushHint& hint) {
  boost::json::object text = facts_of(hint);
  if (!hint.collapse_key.empty()) text["tag"] = opaque(hint.collapse_key, kLongestTopic);
  if (hint.title) text["title"] = *hint.title;
  if (hint.body) text["body"] = *hint.body;
  return boost::json::serialize(text);
}

PushSending read_answer(const delivery::OutboundAnswer& answer, const std::string& host) {
  if (answer.status / 100 == 2) return {};
  PushSending sending{.outcome = PushOutcome::refused,
                      .why = fmt::format("{} answers {}", host, answer.status),
                      .retry_after = answer.retry_after};
  switch (answer.status) {
    case 404:
    case 410:
      sending.outcome = PushOutcome::gone;
      sending.why += ": the subscription has ended";
      break;
    case 401:
    case 403:
      sending.why += ": it subscribed to another VAPID key, or the contact is not accepted";
      break;
    case 413:
      sending.why += ": the push is too long";
      break;
    case 408:
    case 429:
      sending.outcome = PushOutcome::postponed;
      break;
    default:
      if (answer.status / 100 == 5) sending.outcome = PushOutcome::postponed;
  }
  return sending;
}

}  // namespace

WebPushSender::WebPushSender(delivery::HttpClient& http, Vapid& vapid, WebPushOptions options)
    : http_(http), vapid_(vapid), options_(options) {}

Task<PushSending> WebPushSender::send(notification::DeviceAddress address, PushHint hint) {
  if (address.service != PushService::web) co_return refused("the device is no browser");
  const auto endpoint = read_url(address.token);
  if (!endpoint) co_return refused("the endpoint is no URL");
  const bool loopback = options_.allow_loopback && is_loopback(*endpoint);
  if (endpoint->scheme != "https" && !(loopback && endpoint->scheme == "http"))
    co_return refused("the endpoint is not https");
  if (endpoint->has_user) co_return refused("the endpoint names a user");
  if (!loopback && is_address(endpoint->host) && !is_public_address(endpoint->host))
    co_return refused(endpoint->host + " is not on the public internet");

  const PushHint fit = fitted(std::move(hint));
  auto body = encrypt_for_browser(text_of(fit), {.p256dh = address.p256dh, .auth = address.auth});
  if (!body) co_return refused("the keys of the subscription are not those of a browser");

  delivery::OutboundRequest request{
      .method = "POST",
      .url = std::move(address.token),
      .headers = {{"Authorization", vapid_.authorization(endpoint->origin())},
                  {"Content-Type", "application/octet-stream"},
                  {"Content-Encoding", "aes128gcm"},
                  {"TTL", std::to_string(fit.ttl.count())},
                  {"Urgency", fit.urgent ? "high" : "normal"}},
      .body = std::move(*body),
      .timeout = options_.timeout,
      .most_bytes = 64 * 1024,
      .public_only = !loopback};
  if (!fit.collapse_key.empty())
    request.headers.emplace_back("Topic", opaque(fit.collapse_key, kLongestTopic));
  const auto answer = co_await http_.fetch(std::move(request));
  if (!answer)
    co_return PushSending{.outcome = PushOutcome::postponed,
                          .why = "no answer of the push service: " + answer.error()};
  co_return read_answer(*answer, endpoint->host);
}

}  // namespace parley::senders

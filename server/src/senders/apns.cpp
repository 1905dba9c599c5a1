#include "senders/apns.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "senders/push_text.h"

namespace parley::senders {
namespace {

namespace json = boost::json;
using notification::PushHint;
using notification::PushSending;

constexpr std::size_t kLongestToken = 200;
constexpr std::size_t kCollapseId = 32;

// It becomes part of a path.
bool is_device_token(std::string_view token) {
  return !token.empty() && token.size() <= kLongestToken && std::ranges::all_of(token, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

std::string payload_of(const PushHint& hint) {
  json::object alert;
  if (hint.title) alert["title"] = *hint.title;
  if (hint.body) alert["body"] = *hint.body;
  if (alert.empty())
    alert["loc-key"] = hint.reason == PushReason::test ? "PARLEY_TEST" : "PARLEY_MESSAGE";
  json::object aps{{"alert", std::move(alert)},
                   {"badge", hint.badge},
                   {"sound", "default"},
                   {"mutable-content", 1}};
  if (!hint.chat_id.empty()) aps["thread-id"] = hint.chat_id;
  json::object payload = facts_of(hint);
  payload["aps"] = std::move(aps);
  return json::serialize(payload);
}

// A word such as BadDeviceToken; nothing else is repeated to the operator.
std::string reason_of(const std::string& body) {
  boost::system::error_code no_json;
  const auto value = json::parse(body, no_json);
  const auto* const object = no_json ? nullptr : value.if_object();
  const auto* const reason = object ? object->if_contains("reason") : nullptr;
  if (!reason || !reason->is_string() || reason->get_string().size() > 64) return {};
  const std::string word{reason->get_string()};
  return std::ranges::all_of(
             word, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); })
             ? word
             : std::string{};
}

}  // namespace

ApnsSender::ApnsSender(delivery::HttpClient& http, ApnsAccount account, const Clock& clock)
    : http_(http), account_(std::move(account)), clock_(clock) {}

std::string ApnsSender::authorization() {
  const Timestamp now = clock_.now();
  const std::lock_guard lock{mutex_};
  if (token_.empty() || now >= made_ + kTokenUse || now < made_) {
    const auto issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
    token_ = account_.key.sign_token(
        json::serialize(json::object{{"alg", "ES256"}, {"kid", account_.key_id}}),
        json::serialize(json::object{{"iss", account_.team_id}, {"iat", issued.count()}}));
    made_ = now;
  }
  return "bearer " + token_;
}

void ApnsSender::renew() {
  const std::lock_guard lock{mutex_};
  if (clock_.now() >= made_ + kLeastTokenUse) token_.clear();
}

PushSending ApnsSender::read_answer(const delivery::OutboundAnswer& answer) {
  if (answer.status == 200) return {};
  const std::string reason = reason_of(answer.body);
  const auto sending = [&](PushOutcome outcome, std::string_view advice = {}) {
    std::string why = fmt::format("APNs answers {}", answer.status);
    if (!reason.empty()) why += fmt::format(" ({})", reason);
    if (!advice.empty()) why += fmt::format(": {}", advice);
    return PushSending{
        .outcome = outcome, .why = std::move(why), .retry_after = answer.retry_after};
  };

  if (answer.status == 410) return sending(PushOutcome::gone, "the app is no longer there");
  if (answer.status == 400 && reason == "BadDeviceToken")
    return sending(PushOutcome::gone, "the token is none of this service");
  if (answer.status == 429 || answer.status / 100 == 5) return sending(PushOutcome::postponed);
  if (answer.status == 403 && reason == "ExpiredProviderToken") {
    renew();
    return sending(PushOutcome::postponed, "check the clock of this machine");
  }
  if (answer.status == 400 && (reason == "DeviceTokenNotForTopic" || reason == "BadTopic" ||
                               reason == "TopicDisallowed" || reason == "MissingTopic"))
    return sending(PushOutcome::refused, "check the topic, which is the bundle id of the app");
  if (answer.status == 403)
    return sending(PushOutcome::refused, "check the key, its id and the id of the team");
  return sending(PushOutcome::refused);
}

Task<PushSending> ApnsSender::send(notification::DeviceAddress address, PushHint hint) {
  if (address.service != PushService::apns)
    co_return PushSending{.outcome = PushOutcome::refused, .why = "the device is not of APNs"};
  if (!is_device_token(address.token))
    co_return PushSending{.outcome = PushOutcome::refused, .why = "the token is none of APNs"};
  const PushHint fit = fitted(std::move(hint));
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch();
  const auto useless_after = fit.ttl.count() == 0 ? 0 : (now + fit.ttl).count();
  delivery::OutboundRequest request{
      .method = "POST",
      .url = fmt::format("{}/3/device/{}", address.sandbox ? account_.sandbox : account_.server,
                         address.token),
      .headers = {{"authorization", authorization()},
                  {"content-type", "application/json"},
                  {"apns-topic", account_.topic},
                  {"apns-push-type", "alert"},
                  {"apns-priority", fit.urgent ? "10" : "5"},
                  {"apns-expiration", std::to_string(useless_after)}},
      .body = payload_of(fit)};
  if (!fit.collapse_key.empty())
    request.headers.emplace_back("apns-collapse-id", opaque(fit.collapse_key, kCollapseId));
  const auto answer = co_await http_.fetch(std::move(request));
  if (!answer)
    co_return PushSending{.outcome = PushOutcome::postponed,
                          .why = "no answer of APNs: " + answer.error()};
  co_return read_answer(*answer);
}

}  // namespace parley::senders

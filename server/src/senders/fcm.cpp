#include "senders/fcm.h"

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

constexpr auto* kScope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr std::size_t kCollapseKey = 32;
// What Google asks of who is told to come back, but not when.
constexpr std::chrono::seconds kRetryOfQuota{60};

std::string message_of(const std::string& token, const PushHint& hint) {
  json::object data;  // of texts only
  for (const auto& [name, value] : facts_of(hint))
    data[name] = value.is_string() ? std::string{value.get_string()} : json::serialize(value);

  json::object android{{"priority", hint.urgent ? "HIGH" : "NORMAL"},
                       {"ttl", fmt::format("{}s", hint.ttl.count())}};
  json::object notification;
  json::object shown{{"notification_count", hint.badge}};
  if (!hint.collapse_key.empty()) {
    const std::string key = opaque(hint.collapse_key, kCollapseKey);
    android["collapse_key"] = key;
    shown["tag"] = key;  // on the screen, too, the later takes the place of the earlier
  }
  json::object message{{"token", token}};
  if (hint.title || hint.body) {
    if (hint.title) notification["title"] = *hint.title;
    if (hint.body) notification["body"] = *hint.body;
    message["notification"] = std::move(notification);
    android["notification"] = std::move(shown);
  }
  message["data"] = std::move(data);
  message["android"] = std::move(android);
  return json::serialize(json::object{{"message", std::move(message)}});
}

// What Google says about a push it does not take.
struct Complaint {
  std::string code;          // FCM's own, or else the general one
  bool about_token = false;  // the token is none
};

// A word such as UNREGISTERED; nothing else is repeated to the operator.
std::string word_of(const json::object& object, std::string_view name) {
  const auto* const member = object.if_contains(name);
  if (!member || !member->is_string() || member->get_string().size() > 64) return {};
  const std::string word{member->get_string()};
  return std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })
             ? word
             : std::string{};
}

bool names_token(const json::object& detail) {
  const auto* const violations = detail.if_contains("fieldViolations");
  if (!violations || !violations->is_array()) return false;
  return std::ranges::any_of(violations->get_array(), [](const json::value& violation) {
    const auto* const object = violation.if_object();
    const auto* const field = object ? object->if_contains("field") : nullptr;
    return field && field->is_string() && field->get_string() == "message.token";
  });
}

Complaint read_complaint(const std::string& body) {
  Complaint complaint;
  boost::system::error_code no_json;
  const auto json = json::parse(body, no_json);
  const auto* const object = no_json ? nullptr : json.if_object();
  const auto* const member = object ? object->if_contains("error") : nullptr;
  const auto* const error = member ? member->if_object() : nullptr;
  if (!error) return complaint;
  complaint.code = word_of(*error, "status");
  if (const auto* const words = error->if_contains("message"); words && words->is_string())
    complaint.about_token = std::string_view{words->get_string()}.contains("registration token");
  const auto* const details = error->if_contains("details");
  if (!details || !details->is_array()) return complaint;
  for (const json::value& value : details->get_array()) {
    const auto* const detail = value.if_object();
    if (!detail) continue;
    if (auto code = word_of(*detail, "errorCode"); !code.empty()) complaint.code = std::move(code);
    complaint.about_token = complaint.about_token || names_token(*detail);
  }
  return complaint;
}

PushSending read_answer(const delivery::OutboundAnswer& answer) {
  if (answer.status / 100 == 2) return {};
  const Complaint complaint = read_complaint(answer.body);
  const auto sending = [&](PushOutcome outcome, std::string_view advice = {}) {
    std::string why = fmt::format("FCM answers {}", answer.status);
    if (!complaint.code.empty()) why += fmt::format(" ({})", complaint.code);
    if (!advice.empty()) why += fmt::format(": {}", advice);
    return PushSending{
        .outcome = outcome, .why = std::move(why), .retry_after = answer.retry_after};
  };

  if (answer.status == 404 && complaint.code == "UNREGISTERED")
    return sending(PushOutcome::gone, "the app is no longer there");
  if (answer.status == 400 && complaint.about_token)
    return sending(PushOutcome::gone, "the token is none");
  if (answer.status == 429) {
    auto later = sending(PushOutcome::postponed);
    if (later.retry_after == std::chrono::seconds{0}) later.retry_after = kRetryOfQuota;
    return later;
  }
  if (answer.status / 100 == 5 || answer.status == 408) return sending(PushOutcome::postponed);
  if (complaint.code == "SENDER_ID_MISMATCH")
    return sending(PushOutcome::refused, "the token is for another project");
  if (complaint.code == "THIRD_PARTY_AUTH_ERROR")
    return sending(PushOutcome::refused, "check the keys of other services that Firebase keeps");
  if (answer.status == 401 || answer.status == 403)
    return sending(PushOutcome::refused,
                   "check that the service account may send messages of its project");
  if (answer.status == 404)
    return sending(PushOutcome::refused, "check the project_id of the service account");
  return sending(PushOutcome::refused);
}

}  // namespace

FcmSender::FcmSender(delivery::HttpClient& http, ServiceAccount account, const Clock& clock,
                     std::string server)
    : http_(http),
      account_(std::move(account)),
      url_(fmt::format("{}/v1/projects/{}/messages:send", server, account_.project)),
      access_(http, account_, kScope, clock) {}

Task<PushSending> FcmSender::send(notification::DeviceAddress address, PushHint hint) {
  if (address.service != PushService::fcm)
    co_return PushSending{.outcome = PushOutcome::refused, .why = "the device is not of FCM"};
  const std::string body = message_of(address.token, fitted(std::move(hint)));
  const auto answer = co_await post(body);
  if (!answer) co_return answer.error();
  co_return read_answer(*answer);
}

Task<std::expected<delivery::OutboundAnswer, PushSending>> FcmSender::post(
    const std::string& body) {
  for (bool again = false;; again = true) {
    const auto token = co_await access_.get();
    if (!token) co_return std::unexpected(token.error());
    auto answer = co_await http_.fetch(
        {.method = "POST",
         .url = url_,
         .headers = {{"Authorization", "Bearer " + *token}, {"Content-Type", "application/json"}},
         .body = body});
    if (!answer)
      co_return std::unexpected(PushSending{.outcome = PushOutcome::postponed,
                                            .why = "no answer of FCM: " + answer.error()});
    if (answer->status == 401) access_.forget(*token);
    if (answer->status != 401 || again) co_return std::move(*answer);
  }
}

}  // namespace parley::senders

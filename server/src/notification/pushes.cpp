#include "notification/pushes.h"

#include <charconv>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::notification {
namespace {

// The beginning of a text, cut between characters.
std::string beginning(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++seen > characters) return std::string{text.substr(0, end)} + "…";
  }
  return std::string{text};
}

template <class Kind>
Kind id_of(const boost::json::object& object, std::string_view name) {
  std::uint64_t value = 0;
  if (const auto* const member = object.if_contains(name); member && member->is_string()) {
    const std::string_view text = member->get_string();
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return Kind{value};
}

PushHint hint_of(const PushContext& context, ChatId chat, Seq seq) {
  PushHint hint{.chat_id = std::to_string(chat.value()),
                .seq = seq,
                .collapse_key = fmt::format("chat-{}", chat.value()),
                .badge = context.badge};
  if (context.settings.preview && !context.content.empty()) {
    hint.title = context.chat_name.empty()
                     ? context.sender_name
                     : fmt::format("{} · {}", context.sender_name, context.chat_name);
    hint.body = beginning(context.content, Pushes::kPreviewCharacters);
  }
  return hint;
}

}  // namespace

struct Pushes::Order {
  DeviceId device;
  UserId user;
  ChatId chat;
  Seq seq = 0;
  PushReason reason = PushReason::message;
};

Task<Sending> Pushes::carry_out(std::string payload) {
  boost::system::error_code error;
  const auto json = boost::json::parse(payload, error);
  if (error || !json.is_object())
    co_return Sending{.outcome = Sending::Outcome::refused, .why = "the job cannot be read"};
  const auto& object = json.get_object();
  Order order{.device = id_of<DeviceId>(object, "device"),
              .user = id_of<UserId>(object, "user"),
              .chat = id_of<ChatId>(object, "chat")};
  if (const auto* const seq = object.if_contains("seq"); seq && seq->is_int64())
    order.seq = seq->get_int64();
  if (const auto* const reason = object.if_contains("reason"); reason && *reason == "test")
    order.reason = PushReason::test;
  if (!order.device && !order.user)
    co_return Sending{.outcome = Sending::Outcome::refused, .why = "the job names nobody"};
  if (order.device) co_return co_await send(order);
  co_return co_await spread(order);
}

Task<Sending> Pushes::spread(Order order) {
  const PushContext context = co_await store_.context(order.user, order.chat, order.seq);
  if (!context.wanted) co_return Sending{};
  for (const KeptDevice& device : co_await store_.of(order.user)) {
    co_await jobs_.add({.kind = "push",
                        .payload = fmt::format(
                            R"({{"device":"{}","user":"{}","chat":"{}","seq":{}}})",
                            device.id.value(), order.user.value(), order.chat.value(), order.seq),
                        .due = {},
                        .key = fmt::format("{}:{}:{}", device.id.value(), order.user.value(),
                                           order.chat.value())});
  }
  co_return Sending{};
}

PushSender* Pushes::sender_of(PushService service) const {
  switch (service) {
    case PushService::web:
      return senders_.web;
    case PushService::fcm:
      return senders_.fcm;
    case PushService::apns:
      return senders_.apns;
  }
  std::unreachable();
}

std::shared_ptr<CircuitBreaker> Pushes::breaker_of(const DeviceAddress& address) {
  if (address.service != PushService::web)
    return {std::shared_ptr<void>{}, &breakers_[address.service == PushService::fcm ? 0 : 1]};
  const auto host = address.token.find("://");
  const std::string origin =
      address.token.substr(0, address.token.find('/', host == std::string::npos ? 0 : host + 3));
  if (const auto known = web_breakers_.find(origin); known != web_breakers_.end())
    return known->second;
  if (web_breakers_.size() >= kMostOrigins) web_breakers_.erase(web_breakers_.begin());
  auto breaker = std::make_shared<CircuitBreaker>("web-push " + origin, CircuitBreaker::Limits{});
  web_breakers_.emplace(origin, breaker);
  return breaker;
}

Task<PushSending> Pushes::hand_over(const KeptDevice& device, PushHint hint) {
  using Clock = CircuitBreaker::Clock;
  PushSender* const sender = sender_of(device.address.service);
  if (!sender)
    co_return PushSending{.outcome = PushOutcome::refused,
                          .why = "this server has no account with the service any more"};
  const std::shared_ptr<CircuitBreaker> breaker = breaker_of(device.address);
  if (!breaker->let_pass(Clock::now()))
    co_return PushSending{.outcome = PushOutcome::postponed,
                          .why = "the service does not answer at the moment"};
  PushSending sending;
  try {
    sending = co_await sender->send(device.address, std::move(hint));
  } catch (...) {
    breaker->failed(Clock::now());
    throw;
  }
  if (sending.outcome == PushOutcome::postponed) {
    breaker->failed(Clock::now());
  } else {
    breaker->succeeded();
  }
  co_return sending;
}

Task<Sending> Pushes::send(Order order) {
  const auto device = co_await store_.find(order.device);
  if (!device) co_return Sending{};
  PushHint hint{.reason = PushReason::test, .collapse_key = "test"};
  if (order.reason == PushReason::message) {
    // The device may belong to somebody else by now.
    if (device->user_id != order.user) co_return Sending{};
    const PushContext context = co_await store_.context(order.user, order.chat, order.seq);
    if (!context.wanted) co_return Sending{};
    hint = hint_of(context, order.chat, order.seq);
  }
  const PushSending sending = co_await hand_over(*device, std::move(hint));
  co_await store_.record({.user_id = device->user_id,
                          .device_id = device->id,
                          .service = device->address.service,
                          .reason = order.reason,
                          .outcome = sending.outcome,
                          .chat_id = order.chat ? std::optional{order.chat} : std::nullopt,
                          .why = sending.why.empty() ? std::nullopt : std::optional{sending.why}});
  if (sending.outcome == PushOutcome::postponed)
    co_return Sending{.outcome = Sending::Outcome::try_later,
                      .why = sending.why,
                      .retry_after = sending.retry_after};
  if (sending.outcome == PushOutcome::refused)
    log::warning("a push was refused", {{"device", device->id}, {"why", sending.why}});
  co_return Sending{};
}

}  // namespace parley::notification

#include "delivery/published_events.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/describe/enum_to_string.hpp>
#include <fmt/format.h>

namespace parley::delivery {
namespace {

// Not by fmt/chrono, whose older versions show the local time.
std::string text_of(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

template <class Kind>
std::string text_of(Id<Kind> id) {
  return fmt::format("\"{}\"", id.value());
}

PublishedEvent make(PublishedEventId id, std::string_view routing_key, Timestamp at,
                    std::string body) {
  const auto* const info =
      std::ranges::find(kPublishedEvents, routing_key, &PublishedEventInfo::routing_key);
  return {.id = id,
          .exchange = info->exchange,
          .routing_key = std::string{info->routing_key},
          .schema = std::string{info->schema},
          .version = info->version,
          .time = at,
          .body = std::move(body)};
}

PublishedEvent watermark(PublishedEventId id, std::string_view routing_key, ChatId chat,
                         UserId user, Seq seq, Timestamp at) {
  return make(
      id, routing_key, at,
      fmt::format(R"({{"chatId":{},"userId":{},"seq":{}}})", text_of(chat), text_of(user), seq));
}

// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
bool is_traceparent(std::string_view text) {
  if (text.size() != 55) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 2 || i == 35 || i == 52;
    if (dash ? c != '-' : (c < '0' || c > '9') && (c < 'a' || c > 'f')) return false;
  }
  return true;
}

}  // namespace

PublishedEvent user_created(PublishedEventId id, UserId user, Timestamp at) {
  return make(id, "user.created", at, fmt::format(R"({{"userId":{}}})", text_of(user)));
}

PublishedEvent user_updated(PublishedEventId id, UserId user, std::vector<std::string_view> fields,
                            Timestamp at) {
  std::string names;
  for (const std::string_view field : fields)
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", field);
  return make(id, "user.updated", at,
              fmt::format(R"({{"userId":{},"fields":[{}]}})", text_of(user), names));
}

PublishedEvent user_deleted(PublishedEventId id, UserId user, Timestamp at) {
  return make(id, "user.deleted", at, fmt::format(R"({{"userId":{}}})", text_of(user)));
}

PublishedEvent user_status_changed(PublishedEventId id, UserId user, PresenceState state,
                                   std::optional<Timestamp> last_seen_at, Timestamp at) {
  const std::string seen =
      last_seen_at ? fmt::format(R"(,"lastSeenAt":"{}")", text_of(*last_seen_at)) : "";
  return make(id, "user.status.changed", at,
              fmt::format(R"({{"userId":{},"online":{},"state":"{}"{}}})", text_of(user),
                          state != PresenceState::offline,
                          boost::describe::enum_to_string(state, ""), seen));
}

PublishedEvent message_sent(PublishedEventId id, const Message& message, std::vector<UserId> away) {
  std::string users;
  for (const UserId user : away) users += (users.empty() ? "" : ",") + text_of(user);
  const std::string type =
      message.type
          ? fmt::format(R"("type":"{}",)", boost::describe::enum_to_string(*message.type, ""))
          : "";
  return make(
      id, "message.sent", message.created_at,
      fmt::format(R"({{"messageId":{},"chatId":{},"seq":{},"senderId":{},{}"awayUserIds":[{}]}})",
                  text_of(message.id), text_of(message.chat_id), message.seq,
                  text_of(message.sender_id), type, users));
}

PublishedEvent message_delivered(PublishedEventId id, ChatId chat, UserId user, Seq seq,
                                 Timestamp at) {
  return watermark(id, "message.delivered", chat, user, seq, at);
}

PublishedEvent message_read(PublishedEventId id, ChatId chat, UserId user, Seq seq, Timestamp at) {
  return watermark(id, "message.read", chat, user, seq, at);
}

std::string envelope_of(const PublishedEvent& event) {
  const std::string trace = is_traceparent(event.traceparent)
                                ? fmt::format(R"("traceparent":"{}",)", event.traceparent)
                                : "";
  return fmt::format(
      R"({{"id":{},"event":"{}","schema":"{}","version":{},"time":"{}",{}"data":{}}})",
      text_of(event.id), event.routing_key, event.schema, event.version, text_of(event.time), trace,
      event.body);
}

}  // namespace parley::delivery

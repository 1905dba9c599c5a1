#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/event_log.h"
#include "model/message.h"
#include "model/user.h"

// What other systems may hear (FEATURES S111, S112). docs/events.md is written from here.

namespace parley::delivery {

struct PublishedEventInfo {
  EventExchange exchange;
  std::string_view routing_key;  // never renamed
  std::string_view schema;
  std::int64_t version;  // grows when a reader of the one before would be misled
  std::string_view text;
};

inline constexpr std::array kPublishedEvents{
    PublishedEventInfo{EventExchange::user, "user.created", "parley.user.created", 1,
                       "An account was made."},
    PublishedEventInfo{EventExchange::user, "user.updated", "parley.user.updated", 1,
                       "Somebody changed their profile."},
    PublishedEventInfo{EventExchange::user, "user.deleted", "parley.user.deleted", 1,
                       "An account is gone: forget what you know of it."},
    PublishedEventInfo{EventExchange::user, "user.status.changed", "parley.user.status.changed", 1,
                       "Somebody came online or went, or what is to be said of who is there has "
                       "changed."},
    PublishedEventInfo{EventExchange::message, "message.sent", "parley.message.sent", 1,
                       "A message was sent."},
    PublishedEventInfo{EventExchange::message, "message.delivered", "parley.message.delivered", 1,
                       "A participant's devices have everything up to `seq`."},
    PublishedEventInfo{EventExchange::message, "message.read", "parley.message.read", 1,
                       "A participant has read everything up to `seq`."},
};

// Each makes one event; `id` is the caller's, and unique.
PublishedEvent user_created(PublishedEventId id, UserId user, Timestamp at);
// `fields` are the names of what changed, as in the API: "displayName".
PublishedEvent user_updated(PublishedEventId id, UserId user, std::vector<std::string_view> fields,
                            Timestamp at);
PublishedEvent user_deleted(PublishedEventId id, UserId user, Timestamp at);
PublishedEvent user_status_changed(PublishedEventId id, UserId user, PresenceState state,
                                   std::optional<Timestamp> last_seen_at, Timestamp at);
// `away` are the recipients who were not there, as far as that is known.
PublishedEvent message_sent(PublishedEventId id, const Message& message, std::vector<UserId> away);
PublishedEvent message_delivered(PublishedEventId id, ChatId chat, UserId user, Seq seq,
                                 Timestamp at);
PublishedEvent message_read(PublishedEventId id, ChatId chat, UserId user, Seq seq, Timestamp at);

// An event as it travels, whole in itself:
//
//   {"id":"…","event":"message.sent","schema":"parley.message.sent","version":1,"time":"…",
//    "traceparent":"…","data":{…}}
//
// A traceparent that is none is left out.
std::string envelope_of(const PublishedEvent& event);

}  // namespace parley::delivery

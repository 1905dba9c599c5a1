#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/describe.hpp>

#include "model/message.h"
#include "model/session.h"
#include "model/user.h"

namespace parley {

// Everything a client can be told. Names and texts stand in kEvents, in the order of Event.

struct MessageDelivered {
  ChatId chat_id;
  UserId user_id;
  Seq seq = 0;
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(MessageDelivered, (), (chat_id, user_id, seq, at))

struct MessageRead {
  ChatId chat_id;
  UserId user_id;
  Seq seq = 0;
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(MessageRead, (), (chat_id, user_id, seq, at))

struct UserTyping {
  ChatId chat_id;
  UserId user_id;
  bool typing = false;
};
BOOST_DESCRIBE_STRUCT(UserTyping, (), (chat_id, user_id, typing))

struct UserOnline {
  UserId user_id;
  std::optional<PresenceState> state;  // missing: online, as a node of an older release tells it
  std::optional<Timestamp> busy_until{};
};
BOOST_DESCRIBE_STRUCT(UserOnline, (), (user_id, state, busy_until))

struct UserOffline {
  UserId user_id;
  std::optional<Timestamp> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(UserOffline, (), (user_id, last_seen_at))

struct MemberAdded {
  ChatId chat_id;
  Seq seq = 0;
  MessageId id;
  UserId actor_id;
  std::vector<UserId> user_ids;
  MembershipAction action = MembershipAction::added;  // created or added
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(MemberAdded, (), (chat_id, seq, id, actor_id, user_ids, action, at))

struct MemberRemoved {
  ChatId chat_id;
  Seq seq = 0;
  MessageId id;
  UserId actor_id;
  std::vector<UserId> user_ids;
  MembershipAction action = MembershipAction::removed;  // removed or left
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(MemberRemoved, (), (chat_id, seq, id, actor_id, user_ids, action, at))

struct ChatUpdated {
  ChatId chat_id;
  Seq seq = 0;
  MessageId id;
  UserId actor_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::vector<UserId>> user_ids;
  std::optional<ParticipantRole> role;
  std::optional<Permissions> permissions{};
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(ChatUpdated, (),
                      (chat_id, seq, id, actor_id, name, description, user_ids, role, permissions,
                       at))

struct Ready {
  UserId user_id;
  SessionId session_id;
  Timestamp expires_at;
  Timestamp server_time;
};
BOOST_DESCRIBE_STRUCT(Ready, (), (user_id, session_id, expires_at, server_time))

struct AuthExpiring {
  std::int64_t expires_in = 0;  // seconds
};
BOOST_DESCRIBE_STRUCT(AuthExpiring, (), (expires_in))

struct Resync {};
BOOST_DESCRIBE_STRUCT(Resync, (), ())

using Event = std::variant<Message, MessageDelivered, MessageRead, UserTyping, UserOnline,
                           UserOffline, MemberAdded, MemberRemoved, ChatUpdated, Profile,
                           SecurityEvent, Ready, AuthExpiring, Resync>;

struct EventInfo {
  std::string_view name;  // as it appears on the wire; never renamed
  bool ephemeral;         // dropped first when a connection is slow; nothing to repair
  std::string_view text;
};

inline constexpr std::array kEvents{
    EventInfo{"message:receive", false, "A message was sent to a chat of yours."},
    EventInfo{"message:delivered", false,
              "A participant's devices have everything up to `seq`. Told to the authors of what "
              "it newly covers, and to the participant's other connections."},
    EventInfo{"message:read", false,
              "A participant has read everything up to `seq`. Told to the same people."},
    EventInfo{"user:typing", true, "A participant started or stopped typing."},
    EventInfo{"user:online", true,
              "Somebody you may know of came online, or is there and `state` has changed. Told of "
              "yourself when you said on another connection whether you are busy."},
    EventInfo{"user:offline", true, "Somebody you may know of has been gone for 10 seconds."},
    EventInfo{"chat:member-added", false, "A group was created with you, or somebody was added."},
    EventInfo{"chat:member-removed", false, "Somebody left or was removed; they are told as well."},
    EventInfo{"chat:updated", false,
              "A group's name or description changed, or what somebody may do in it."},
    EventInfo{"user:updated", false, "Your own profile changed on another connection."},
    EventInfo{"security:event", false,
              "Something happened to your account that you should know of, such as a sign-in from "
              "a new device."},
    EventInfo{"ready", false, "First frame of a socket: who you are and until when."},
    EventInfo{"auth:expiring", false,
              "The access token of this socket is about to expire: send auth:renew."},
    EventInfo{"resync", false, "Events for you were dropped: call sync."},
};
static_assert(kEvents.size() == std::variant_size_v<Event>, "kEvents lists the events of Event");

inline const EventInfo& info(const Event& event) { return kEvents[event.index()]; }

}  // namespace parley

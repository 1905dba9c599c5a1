#pragma once

#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/ids.h"

namespace parley {

using DeviceId = Id<struct DeviceKind>;
using PushId = Id<struct PushKind>;

// Who brings a push to a device: a browser's push service (RFC 8030), Google's, or Apple's.
BOOST_DEFINE_ENUM_CLASS(PushService, web, fcm, apns)

// A device of a user that can be woken by a push, as its owner sees it (FEATURES S89). What a push
// is addressed with is not shown again.
struct Device {
  DeviceId id;
  PushService service = PushService::web;
  std::string name;      // "Anna's phone", or what the user agent tells
  std::string platform;  // "Android", "iOS", "Windows", …; empty when unknown
  Timestamp registered_at;
  std::optional<Timestamp> last_push_at;  // when the last push was taken by its service
  bool current = false;                   // it belongs to the session that asks
};
BOOST_DESCRIBE_STRUCT(Device, (),
                      (id, service, name, platform, registered_at, last_push_at, current))

// What a push was for.
BOOST_DEFINE_ENUM_CLASS(PushReason, message, test)

// What became of a push: the service took it, will never take it (then the device may be gone), or
// could not be reached and is tried again.
BOOST_DEFINE_ENUM_CLASS(PushOutcome, sent, gone, refused, postponed)

// A push to one of a user's devices, for the log its owner can read.
struct PushRecord {
  PushId id;
  DeviceId device_id;
  PushService service = PushService::web;
  PushReason reason = PushReason::message;
  PushOutcome outcome = PushOutcome::sent;
  std::optional<ChatId> chat_id;
  std::optional<std::string> why;  // what the service said, unless it took the push
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(PushRecord, (), (id, device_id, service, reason, outcome, chat_id, why, at))

// What a user wants to be woken for, and how much may be shown on a locked screen.
struct NotificationSettings {
  bool preview = false;                  // pushes say who wrote, and the beginning of what
  bool email_digest = true;              // a mail after a longer absence
  std::optional<Timestamp> quiet_until;  // no pushes before that (do not disturb)
};
BOOST_DESCRIBE_STRUCT(NotificationSettings, (), (preview, email_digest, quiet_until))

}  // namespace parley

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "model/device.h"
#include "model/error.h"
#include "model/session.h"

namespace parley::notification {

// Where a push goes. `token` is FCM's or APNs' token, or the URL of a browser's subscription, which
// comes with its keys (RFC 8291): raw bytes.
struct DeviceAddress {
  PushService service = PushService::web;
  std::string token;
  std::string p256dh{};
  std::string auth{};
  bool sandbox = false;  // APNs: a build that talks to Apple's development service
};

struct NewDevice {
  UserId user_id;
  SessionId session_id;
  DeviceAddress address;
  std::string name;
  std::string platform;
};

struct KeptDevice {
  DeviceId id;
  UserId user_id;
  DeviceAddress address;
};

// What a push says, as things stand when it is sent.
struct PushContext {
  bool wanted = true;      // the user has not got it yet, and wants to be woken
  std::int64_t badge = 0;  // messages of all chats that the user has not read
  NotificationSettings settings;
  std::string sender_name;  // of the newest message,
  std::string chat_name;    // the group it stands in, if it is one,
  std::string content;      // and what it says
};

struct NewPushRecord {
  UserId user_id;
  DeviceId device_id;
  PushService service = PushService::web;
  PushReason reason = PushReason::message;
  PushOutcome outcome = PushOutcome::sent;
  std::optional<ChatId> chat_id{};
  std::optional<std::string> why{};
};

// DeviceStore keeps the devices that can be woken, what their users want, and what became of
// pushes.
//
// A device belongs to the session that registered it and goes with it. Every call is one
// transaction; throws StorageUnavailable. Safe to call from any loop.
class DeviceStore {
 public:
  static constexpr std::int64_t kMostDevices = 20;   // of a user; the oldest goes
  static constexpr std::int64_t kRecordsKept = 100;  // of a user

  virtual ~DeviceStore() = default;

  // A token that is known is moved to this user and session, and keeps its id.
  virtual Task<Device> add(NewDevice device) = 0;
  virtual Task<std::vector<Device>> list(UserId user, SessionId asking) = 0;
  // Refuses with device_not_found.
  virtual Task<Result<void>> remove(UserId user, DeviceId device) = 0;

  // For sending. Nothing for a device that is gone.
  virtual Task<std::vector<KeptDevice>> of(UserId user) = 0;
  virtual Task<std::optional<KeptDevice>> find(DeviceId device) = 0;
  // How things stand between a user and a chat: wanted, when the user has not got `up_to`.
  virtual Task<PushContext> context(UserId user, ChatId chat, Seq up_to) = 0;
  // Notes what became of a push; a device that is gone is forgotten with it.
  virtual Task<void> record(NewPushRecord push) = 0;

  // Newest first.
  virtual Task<std::vector<PushRecord>> records(UserId user) = 0;

  virtual Task<NotificationSettings> settings(UserId user) = 0;
  virtual Task<NotificationSettings> set_settings(UserId user, NotificationSettings settings) = 0;

  // Forgets devices that were not registered again since `before` and have taken no push since.
  // Answers how many.
  virtual Task<std::int64_t> prune(Timestamp before) = 0;
};

}  // namespace parley::notification

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/task.h"
#include "model/device.h"
#include "notification/device_store.h"

namespace parley::notification {

// What a push says: where something is to be read, not what. The rest is there only when its
// reader allows a preview.
struct PushHint {
  PushReason reason = PushReason::message;
  std::string chat_id{};       // empty for a test
  Seq seq = 0;                 // of the newest message
  std::string collapse_key{};  // a later push of the same key replaces this one
  std::int64_t badge = 0;      // unread messages of all chats
  std::optional<std::string> title{};
  std::optional<std::string> body{};
  std::chrono::seconds ttl{std::chrono::days{7}};  // after that it need not arrive
  bool urgent = true;
};

// What came of it. `gone`: the device will never take a push again.
struct PushSending {
  PushOutcome outcome = PushOutcome::sent;
  std::string why{};                    // for the operator and the owner; holds nothing of the push
  std::chrono::seconds retry_after{0};  // with `postponed`, when they say so
};

// PushSender hands pushes to the service of one kind of device. Safe to call from any loop, which
// it never blocks.
class PushSender {
 public:
  virtual ~PushSender() = default;
  virtual Task<PushSending> send(DeviceAddress to, PushHint hint) = 0;
};

}  // namespace parley::notification

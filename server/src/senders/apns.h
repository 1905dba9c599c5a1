#pragma once

#include <mutex>
#include <string>

#include "base/clock.h"
#include "delivery/http_client.h"
#include "notification/push_sender.h"
#include "senders/private_key.h"

namespace parley::senders {

struct ApnsAccount {
  PrivateKey key;       // of P-256: the .p8 file that Apple gives out
  std::string key_id;   // its ten characters
  std::string team_id;  // of the developer, ten characters too
  std::string topic;    // the bundle id of the app
  // scheme://host[:port]; others for tests.
  std::string server = "https://api.push.apple.com";
  std::string sandbox = "https://api.sandbox.push.apple.com";
};

// PushSender to apps on Apple's devices (APNs). The payload has kind, badge, chatId and seq beside
// `aps`. Without a preview the alert names a text of the app's own instead: PARLEY_MESSAGE or
// PARLEY_TEST (loc-key).
class ApnsSender final : public notification::PushSender {
 public:
  // Apple refuses tokens older than an hour, and accounts that change them more often than every
  // 20 minutes.
  static constexpr std::chrono::minutes kTokenUse{45};
  static constexpr std::chrono::minutes kLeastTokenUse{21};

  // `http` speaks HTTP/2.
  ApnsSender(delivery::HttpClient& http, ApnsAccount account, const Clock& clock);

  // Gone when the token is unregistered, expired or none. Tried again after 429, 5xx, when the
  // account's token is too old and when there is no answer; refused is everything else.
  Task<notification::PushSending> send(notification::DeviceAddress address,
                                       notification::PushHint hint) override;

 private:
  std::string authorization();
  void renew();
  notification::PushSending read_answer(const delivery::OutboundAnswer& answer);

  delivery::HttpClient& http_;
  const ApnsAccount account_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string token_;
  Timestamp made_{};
};

}  // namespace parley::senders

#pragma once

#include <string>

#include "senders/service_account.h"

namespace parley::senders {

// PushSender to apps through Firebase Cloud Messaging, HTTP v1. The app gets kind, badge, chatId
// and seq as data, and a notification when there is a preview; without one it writes its own.
//
// Of one device FCM keeps pushes of four collapse keys; as each says no more than that there is
// something to fetch, the others are not missed.
class FcmSender final : public notification::PushSender {
 public:
  static constexpr auto* kServer = "https://fcm.googleapis.com";

  // `server` is scheme://host[:port], another one for tests.
  FcmSender(delivery::HttpClient& http, ServiceAccount account, const Clock& clock,
            std::string server = kServer);

  // Gone when the token is unregistered or none. A token of access that is not taken is replaced
  // once. Tried again after 408, 429, 5xx and when there is no answer; refused is everything else.
  Task<notification::PushSending> send(notification::DeviceAddress address,
                                       notification::PushHint hint) override;

 private:
  Task<std::expected<delivery::OutboundAnswer, notification::PushSending>> post(
      const std::string& body);

  delivery::HttpClient& http_;
  const ServiceAccount account_;
  const std::string url_;
  AccessToken access_;
};

}  // namespace parley::senders

#pragma once

#include "delivery/http_client.h"
#include "notification/push_sender.h"
#include "senders/vapid.h"

namespace parley::senders {

struct WebPushOptions {
  std::chrono::milliseconds timeout{10'000};
  // Endpoints on this machine, by http too. For tests: anybody who can register a device could
  // make us ask our own services.
  bool allow_loopback = false;
};

// PushSender to browsers, through the push service of each (RFC 8030). What is sent is
// {"kind","badge","chatId","seq","tag","title","body"}, encrypted for the browser (RFC 8291): the
// service learns its length, a hash of its collapse key and when it is sent.
//
// Endpoints are URLs that clients gave us. Only https is spoken, and only to the public internet.
// There are many hosts, and some may be made up: one that does not answer tells nothing of others.
class WebPushSender final : public notification::PushSender {
 public:
  WebPushSender(delivery::HttpClient& http, Vapid& vapid, WebPushOptions options = {});

  // Gone when the service says so (404, 410). Refused for keys that no browser has, an endpoint we
  // do not speak to, and whatever else the service does not take; it is tried again after 408,
  // 429, 5xx and when there is no answer.
  Task<notification::PushSending> send(notification::DeviceAddress address,
                                       notification::PushHint hint) override;

 private:
  delivery::HttpClient& http_;
  Vapid& vapid_;
  const WebPushOptions options_;
};

}  // namespace parley::senders

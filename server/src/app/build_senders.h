#pragma once

#include <memory>
#include <string>

#include "app/sender_settings.h"
#include "base/clock.h"
#include "notification/devices.h"
#include "notification/mailer.h"
#include "notification/pushes.h"
#include "notification/sms_sender.h"
#include "senders/apns.h"
#include "senders/fcm.h"
#include "senders/http2_client.h"
#include "senders/http_client.h"
#include "senders/smtp.h"
#include "senders/vapid.h"
#include "senders/web_push.h"

namespace parley::app {

// What speaks to other servers: by SMTP and HTTP where the settings name one, and otherwise to
// standard output.
class Senders {
 public:
  static constexpr unsigned kPushesAtOnce = 16;

  // `web_push_key` is what browsers subscribe to, `url` where people reach this server. Throws
  // std::invalid_argument with a sentence for the operator.
  Senders(const SenderSettings& settings, const std::string& web_push_key, const std::string& url,
          const Clock& clock);

  delivery::HttpClient& http() { return http_; }
  notification::Mailer& mailer() { return *mailer_; }
  notification::SmsSender& sms() { return *sms_; }
  notification::PushSenders push() {
    return {.web = &web_push_, .fcm = fcm_.get(), .apns = apns_.get()};
  }
  notification::PushServices push_services() const {
    return {.web = vapid_.public_key(), .fcm = fcm_ != nullptr, .apns = apns_ != nullptr};
  }

  // Breaks off what is under way. To be called before the loops of the callers go.
  void stop();

 private:
  senders::CurlHttpClient http_;
  senders::CurlHttpClient push_http_;  // asks hosts that clients named, and that may hang
  std::unique_ptr<notification::Mailer> mailer_;
  senders::SmtpMailer* smtp_ = nullptr;  // mailer_, when it is one
  std::unique_ptr<notification::SmsSender> sms_;
  senders::Vapid vapid_;
  senders::WebPushSender web_push_;
  std::unique_ptr<senders::FcmSender> fcm_;
  std::unique_ptr<senders::Http2Client> apple_;
  std::unique_ptr<senders::ApnsSender> apns_;
};

}  // namespace parley::app

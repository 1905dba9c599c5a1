#pragma once

#include <memory>

#include "app/sender_settings.h"
#include "base/clock.h"
#include "notification/devices.h"
#include "notification/mailer.h"
#include "notification/pushes.h"
#include "notification/sms_sender.h"
#include "senders/http_client.h"
#include "senders/smtp.h"

namespace parley::app {

// What speaks to other servers: by SMTP and HTTP where the settings name one, and otherwise to
// standard output.
class Senders {
 public:
  // Throws std::invalid_argument with a sentence for the operator.
  Senders(const SenderSettings& settings, const Clock& clock);

  delivery::HttpClient& http() { return http_; }
  notification::Mailer& mailer() { return *mailer_; }
  notification::SmsSender& sms() { return *sms_; }
  notification::PushSenders push() const { return {}; }
  notification::PushServices push_services() const { return {}; }

  // Breaks off what is under way. To be called before the loops of the callers go.
  void stop();

 private:
  senders::CurlHttpClient http_;
  std::unique_ptr<notification::Mailer> mailer_;
  senders::SmtpMailer* smtp_ = nullptr;  // mailer_, when it is one
  std::unique_ptr<notification::SmsSender> sms_;
};

}  // namespace parley::app

#pragma once

#include "delivery/http_client.h"
#include "notification/sms_sender.h"

namespace parley::senders {

struct SmsProvider {
  std::string url;   // takes a form with To, From and Body, as Twilio's Messages.json does
  std::string from;  // a number, or a name the provider knows
  std::string user{};
  std::string password{};
};

// SmsSender that posts each message to a provider.
class HttpSmsSender final : public notification::SmsSender {
 public:
  HttpSmsSender(delivery::HttpClient& http, SmsProvider provider);

  // Refused is what the provider will never take (4xx); what it cannot take now, and what it does
  // not answer to, is for later.
  Task<notification::Sending> send(notification::Sms sms) override;

 private:
  delivery::HttpClient& http_;
  const SmsProvider provider_;
};

}  // namespace parley::senders

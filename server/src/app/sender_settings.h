#pragma once

#include <string>

#include "base/config.h"

namespace parley::app {

// How mails and text messages leave. Without a URL they are printed instead.
struct SenderSettings {
  std::string smtp_url;  // smtp:// or smtps://
  std::string smtp_from;
  std::string smtp_user;
  std::string smtp_password;
  std::string sms_url;  // http:// or https://
  std::string sms_from;
  std::string sms_user;
  std::string sms_password;
  std::string push_contact;  // mailto: or https://; empty: public-url
  std::string web_push_key;  // empty: the one in the store
  bool push_to_loopback = false;
  std::string fcm_account;  // what is in the file; empty: no pushes by FCM
  std::string fcm_url;
  std::string apns_key;  // what is in the file; empty: no pushes by APNs
  std::string apns_key_id;
  std::string apns_team_id;
  std::string apns_topic;
};

// Throws std::invalid_argument with a sentence when values do not go together.
SenderSettings sender_settings_from(const Config& config);

}  // namespace parley::app

#include "app/sender_settings.h"

#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "senders/mime.h"

namespace parley::app {
namespace {

bool is_url(std::string_view text, std::initializer_list<std::string_view> schemes) {
  for (const std::string_view scheme : schemes) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    // Names and passwords have settings of their own, which are not printed.
    return !text.empty() && text.front() != '/' && text.front() != '?' &&
           text.find_first_of("@ \t\r\n") == std::string_view::npos;
  }
  return false;
}

void require(bool right, std::string_view sentence) {
  if (!right) throw std::invalid_argument(std::string{sentence});
}

void check(const SenderSettings& settings) {
  if (!settings.smtp_url.empty()) {
    require(is_url(settings.smtp_url, {"smtp://", "smtps://"}),
            "smtp-url must be a scheme, a host and a port, as in smtp://mail.example.org:587");
    require(senders::read_mailbox(settings.smtp_from).has_value(),
            "smtp-from must be an address when there is an smtp-url, as in "
            "Parley <parley@example.org>");
  }
  if (!settings.sms_url.empty()) {
    require(is_url(settings.sms_url, {"http://", "https://"}),
            "sms-url must be a URL, as in https://sms.example.org/Messages.json");
    require(!settings.sms_from.empty(), "sms-from must be set when there is an sms-url");
  }
  require(settings.smtp_user.empty() == settings.smtp_password.empty(),
          "smtp-user and smtp-password go together");
  require(settings.sms_user.empty() == settings.sms_password.empty(),
          "sms-user and sms-password go together");
}

}  // namespace

SenderSettings sender_settings_from(const Config& config) {
  const SenderSettings settings{.smtp_url = config.text("smtp-url"),
                                .smtp_from = config.text("smtp-from"),
                                .smtp_user = config.text("smtp-user"),
                                .smtp_password = config.text("smtp-password"),
                                .sms_url = config.text("sms-url"),
                                .sms_from = config.text("sms-from"),
                                .sms_user = config.text("sms-user"),
                                .sms_password = config.text("sms-password")};
  check(settings);
  return settings;
}

}  // namespace parley::app

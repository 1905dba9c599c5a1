#include "app/sender_settings.h"

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "senders/mime.h"
#include "senders/service_account.h"
#include "senders/vapid.h"

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
  require(settings.push_contact.empty() || settings.push_contact.starts_with("mailto:") ||
              settings.push_contact.starts_with("https://"),
          "push-contact must be mailto: and an address, or a https URL");
  require(settings.web_push_key.empty() || senders::read_vapid_key(settings.web_push_key),
          "web-push-key must be a private key of P-256 in PEM, or its 32 bytes in base64url");
  require(is_url(settings.fcm_url, {"http://", "https://"}), "fcm-url must be a URL");
  if (!settings.apns_key.empty()) {
    const auto key = senders::PrivateKey::from_pem(settings.apns_key);
    require(key && key->is_p256(), "apns-key must hold a private key of P-256 in PEM");
    require(!settings.apns_key_id.empty() && !settings.apns_team_id.empty() &&
                !settings.apns_topic.empty(),
            "apns-key needs apns-key-id, apns-team-id and apns-topic");
  }
  if (!settings.fcm_account.empty())
    if (const auto account = senders::read_service_account(settings.fcm_account); !account)
      throw std::invalid_argument("fcm-account: " + account.error());
  require(settings.smtp_user.empty() == settings.smtp_password.empty(),
          "smtp-user and smtp-password go together");
  require(settings.sms_user.empty() == settings.sms_password.empty(),
          "sms-user and sms-password go together");
}

std::string read_file(std::string_view option, const std::filesystem::path& file) {
  if (file.empty()) return {};
  std::ifstream in{file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  require(!text.empty(), std::string{option} + " cannot be read: " + file.string());
  return text;
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
                                .sms_password = config.text("sms-password"),
                                .push_contact = config.text("push-contact"),
                                .web_push_key = config.text("web-push-key"),
                                .push_to_loopback = config.on("push-to-loopback"),
                                .fcm_account = read_file("fcm-account", config.path("fcm-account")),
                                .fcm_url = config.text("fcm-url"),
                                .apns_key = read_file("apns-key", config.path("apns-key")),
                                .apns_key_id = config.text("apns-key-id"),
                                .apns_team_id = config.text("apns-team-id"),
                                .apns_topic = config.text("apns-topic")};
  check(settings);
  return settings;
}

}  // namespace parley::app

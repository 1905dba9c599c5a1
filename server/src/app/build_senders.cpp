#include "app/build_senders.h"

#include "base/log.h"
#include "senders/console.h"
#include "senders/sms.h"

namespace parley::app {

namespace {

// Push services want to know whom to ask; a server that is only on this machine has nobody.
std::string contact(const SenderSettings& settings, const std::string& url) {
  if (!settings.push_contact.empty()) return settings.push_contact;
  return url.starts_with("https://") ? url : "mailto:nobody@example.org";
}

}  // namespace

Senders::Senders(const SenderSettings& settings, const std::string& web_push_key,
                 const std::string& url, const Clock& clock)
    : push_http_(kPushesAtOnce),
      vapid_(senders::read_vapid_key(web_push_key).value(), contact(settings, url), clock),
      web_push_(push_http_, vapid_, {.allow_loopback = settings.push_to_loopback}) {
  if (!settings.apns_key.empty()) {
    apple_ = std::make_unique<senders::Http2Client>();
    apns_ = std::make_unique<senders::ApnsSender>(
        *apple_,
        senders::ApnsAccount{.key = senders::PrivateKey::from_pem(settings.apns_key).value(),
                             .key_id = settings.apns_key_id,
                             .team_id = settings.apns_team_id,
                             .topic = settings.apns_topic},
        clock);
  }
  if (!settings.fcm_account.empty())
    fcm_ = std::make_unique<senders::FcmSender>(
        http_, senders::read_service_account(settings.fcm_account).value(), clock,
        settings.fcm_url);
  if (settings.smtp_url.empty()) {
    mailer_ = std::make_unique<senders::ConsoleMailer>();
  } else {
    auto smtp = std::make_unique<senders::SmtpMailer>(
        senders::SmtpServer{.url = settings.smtp_url,
                            .from = settings.smtp_from,
                            .user = settings.smtp_user,
                            .password = settings.smtp_password},
        clock);
    smtp_ = smtp.get();
    mailer_ = std::move(smtp);
  }
  if (settings.sms_url.empty()) {
    sms_ = std::make_unique<senders::ConsoleSmsSender>();
  } else {
    sms_ = std::make_unique<senders::HttpSmsSender>(
        http_, senders::SmsProvider{.url = settings.sms_url,
                                    .from = settings.sms_from,
                                    .user = settings.sms_user,
                                    .password = settings.sms_password});
  }
  if (settings.smtp_url.empty() || settings.sms_url.empty())
    log::info("printing to standard output",
              {{"mails", settings.smtp_url.empty()}, {"text_messages", settings.sms_url.empty()}});
}

void Senders::stop() {
  http_.stop();
  push_http_.stop();
  if (apple_) apple_->stop();
  if (smtp_) smtp_->stop();
}

}  // namespace parley::app

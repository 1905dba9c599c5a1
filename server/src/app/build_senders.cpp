#include "app/build_senders.h"

#include "base/log.h"
#include "senders/console.h"
#include "senders/sms.h"

namespace parley::app {

Senders::Senders(const SenderSettings& settings, const Clock& clock) {
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
  if (smtp_) smtp_->stop();
}

}  // namespace parley::app

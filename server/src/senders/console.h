#pragma once

#include <cstdio>

#include "notification/mailer.h"
#include "notification/sms_sender.h"

namespace parley::senders {

// For development: they print what others would send, as one framed block that nothing else is
// printed into. Control characters become '?', lest a name could command the terminal.
class ConsoleMailer final : public notification::Mailer {
 public:
  explicit ConsoleMailer(std::FILE* out = stdout) : out_(out) {}
  // Prints its text; the HTML says the same.
  Task<notification::Sending> send(notification::Mail mail) override;

 private:
  std::FILE* const out_;
};

class ConsoleSmsSender final : public notification::SmsSender {
 public:
  explicit ConsoleSmsSender(std::FILE* out = stdout) : out_(out) {}
  Task<notification::Sending> send(notification::Sms sms) override;

 private:
  std::FILE* const out_;
};

}  // namespace parley::senders

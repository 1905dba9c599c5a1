#pragma once

#include <string>

#include "base/task.h"
#include "notification/sending.h"

namespace parley::notification {

struct Mail {
  std::string to;       // an address (user/email_address.h)
  std::string subject;  // one line of UTF-8
  std::string text;     // UTF-8, lines end with \n
  std::string html;     // the same as HTML
  // Where a mail program says that its reader wants no more of these (RFC 8058): a URL, or nothing.
  std::string unsubscribe{};
};

// Mailer hands mails to a mail server. Safe to call from any loop, which it never blocks.
class Mailer {
 public:
  virtual ~Mailer() = default;

  // Refuses what could break out of its header: line breaks in the address or the subject.
  virtual Task<Sending> send(Mail mail) = 0;
};

}  // namespace parley::notification

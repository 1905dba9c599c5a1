#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "notification/mailer.h"
#include "senders/curl_pool.h"
#include "senders/mime.h"

namespace parley::senders {

struct SmtpServer {
  std::string url;     // smtp://host:587, or smtps://host:465
  std::string from;    // Parley <no-reply@example.com>
  std::string user{};  // when it wants a login
  std::string password{};
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds timeout{30'000};  // of all of it
};

// Mailer that hands mails to a mail server. The connection is encrypted, with a certificate that
// is verified: from its beginning with smtps://, by STARTTLS with smtp://. STARTTLS may be missing
// only where the host is this one; it is not used when the url ends with ?tls=off.
class SmtpMailer final : public notification::Mailer {
 public:
  // Throws std::invalid_argument, naming the setting, when `server` makes no sense.
  SmtpMailer(SmtpServer server, const Clock& clock);

  // Refused is what no later attempt would change: a malformed mail, or a 5xx to its recipient or
  // its content. Everything else is for later, also a login that the server does not accept.
  Task<notification::Sending> send(notification::Mail mail) override;

  // Breaks off what is under way; it and later mails are to be tried later. To be called before
  // the loops of the callers go.
  void stop() { pool_.stop(); }

 private:
  notification::Sending hand_over(void* curl, const std::string& to,
                                  std::string_view message) const;

  const SmtpServer server_;
  const Clock& clock_;
  Mailbox from_;
  std::string host_;
  long encryption_ = 0;  // as libcurl calls it
  std::string url_;      // as libcurl takes it
  CurlPool pool_{"smtp", 2, 256};
};

}  // namespace parley::senders

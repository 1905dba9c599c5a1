#pragma once

#include <cstdint>
#include <string>

#include "base/circuit_breaker.h"
#include "base/clock.h"
#include "base/task.h"
#include "delivery/jobs.h"
#include "notification/job_runner.h"
#include "notification/mailer.h"
#include "notification/sms_sender.h"

namespace parley::notification {

// Service sends the mails and text messages that the other parts have left as jobs.
//
// A job of kind `mail` is {"to","template","language","values":{…}}, of kind `sms`
// {"to","template","values":{…}}. Nothing of a message is logged.
class Service {
 public:
  using Totals = JobRunner::Totals;

  Service(delivery::Jobs& jobs, Mailer& mailer, SmsSender& sms, const Clock& clock, Loop& loop);

  // Sends until stop(), and then until what is under way has ended; main owns it, on `loop`.
  Task<void> run() { return runner_.run(); }
  void stop() { runner_.stop(); }  // on `loop`

  // From any thread, for /ready and /metrics.
  const CircuitBreaker& mail_breaker() const { return mail_breaker_; }
  const CircuitBreaker& sms_breaker() const { return sms_breaker_; }
  Totals mails() const { return runner_.totals(0); }
  Totals messages() const { return runner_.totals(1); }
  std::int64_t waiting() const { return runner_.waiting(); }

 private:
  Task<Sending> send_mail(std::string payload);
  Task<Sending> send_sms(std::string payload);

  Mailer& mailer_;
  SmsSender& sms_;
  CircuitBreaker mail_breaker_{"mail", {}};
  CircuitBreaker sms_breaker_{"sms", {}};
  JobRunner runner_;
};

}  // namespace parley::notification

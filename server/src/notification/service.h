#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/circuit_breaker.h"
#include "base/clock.h"
#include "base/task.h"
#include "delivery/jobs.h"
#include "notification/mailer.h"
#include "notification/sms_sender.h"

namespace parley::notification {

// Service sends the mails and text messages that the other parts have left as jobs: at least once,
// and again after 5 s, 30 s and every 5 minutes while nobody takes them.
//
// A job of kind `mail` is {"to","template","language","values":{…}}, of kind `sms`
// {"to","template","values":{…}}. What cannot be sent any more, because it has become useless or
// is refused, is kept as dead. Nothing of a message is logged.
class Service {
 public:
  static constexpr std::size_t kAtOnce = 8;
  static constexpr std::chrono::milliseconds kLookInterval{250};
  static constexpr std::chrono::seconds kCountInterval{5};
  static constexpr std::chrono::seconds kLease{120};

  struct Totals {
    std::uint64_t sent = 0;
    std::uint64_t postponed = 0;
    std::uint64_t dead = 0;
  };

  Service(delivery::Jobs& jobs, Mailer& mailer, SmsSender& sms, const Clock& clock, Loop& loop);

  // Sends until stop(), and then until what is under way has ended; main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread, for /ready and /metrics.
  const CircuitBreaker& mail_breaker() const { return mail_breaker_; }
  const CircuitBreaker& sms_breaker() const { return sms_breaker_; }
  Totals mails() const { return mails_.read(); }
  Totals messages() const { return messages_.read(); }
  // Jobs that are not done yet, counted lately.
  std::int64_t waiting() const { return waiting_.load(); }

 private:
  struct Counters {
    std::atomic<std::uint64_t> sent{0}, postponed{0}, dead{0};
    Totals read() const { return {sent.load(), postponed.load(), dead.load()}; }
  };
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  Task<void> look();
  Task<void> count();
  Task<void> sleep(std::chrono::milliseconds longest);
  Task<void> carry_out(delivery::Job job);
  Task<Sending> send_mail(const std::string& payload);
  Task<Sending> send_sms(const std::string& payload);
  Task<void> settle(const delivery::Job& job, Sending sending);

  delivery::Jobs& jobs_;
  Mailer& mailer_;
  SmsSender& sms_;
  const Clock& clock_;
  Loop& loop_;
  Timer wake_;
  bool stopping_ = false;
  std::size_t under_way_ = 0;
  CircuitBreaker mail_breaker_{"mail", {}};
  CircuitBreaker sms_breaker_{"sms", {}};
  Counters mails_, messages_;
  std::atomic<std::int64_t> waiting_{0};
  std::chrono::steady_clock::time_point next_count_{};
};

}  // namespace parley::notification

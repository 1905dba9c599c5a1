#include "notification/service.h"

#include <algorithm>
#include <optional>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/json/parse.hpp>

#include "base/log.h"
#include "notification/templates.h"

namespace parley::notification {
namespace {

using Outcome = Sending::Outcome;

constexpr std::string_view kMail = "mail";
constexpr std::string_view kSms = "sms";

// A code is useless after ten minutes, a mail's link after a day or two.
constexpr std::int64_t kMostSmsAttempts = 4;
constexpr std::int64_t kMostMailAttempts = 290;

std::chrono::seconds wait_after(std::int64_t attempt) {
  if (attempt <= 1) return std::chrono::seconds{5};
  if (attempt == 2) return std::chrono::seconds{30};
  return std::chrono::minutes{5};
}

struct Letter {
  std::string to;
  std::string template_name;
  std::string language;
  Values values;
};

std::optional<Letter> read_letter(const std::string& payload) {
  boost::system::error_code error;
  const auto json = boost::json::parse(payload, error);
  if (error || !json.is_object()) return std::nullopt;
  const auto& object = json.get_object();
  const auto text = [&object](std::string_view name) {
    const auto* const member = object.if_contains(name);
    return member && member->is_string() ? std::string{member->get_string()} : std::string{};
  };
  Letter letter{.to = text("to"),
                .template_name = text("template"),
                .language = text("language"),
                .values = {}};
  if (const auto* const values = object.if_contains("values"); values && values->is_object()) {
    for (const auto& [name, value] : values->get_object())
      if (value.is_string()) letter.values[name] = std::string{value.get_string()};
  }
  return letter;
}

Sending unreadable() { return {.outcome = Outcome::refused, .why = "the job cannot be read"}; }

// Only what a server or provider says, or leaves unsaid, tells the breaker anything.
template <class Sender, class Letter>
Task<Sending> behind(CircuitBreaker& breaker, Sender& sender, Letter letter) {
  using Clock = CircuitBreaker::Clock;
  if (!breaker.let_pass(Clock::now()))
    co_return Sending{.outcome = Outcome::try_later, .why = "nobody answers at the moment"};
  Sending sending;
  try {
    sending = co_await sender.send(std::move(letter));
  } catch (...) {
    breaker.failed(Clock::now());
    throw;
  }
  if (sending.outcome == Outcome::try_later) {
    breaker.failed(Clock::now());
  } else {
    breaker.succeeded();
  }
  co_return sending;
}

// Up to a fifth more, so that what failed together does not come back together.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return wait + std::chrono::milliseconds{
                    std::uniform_int_distribution<std::int64_t>{0, wait.count() / 5}(random)};
}

}  // namespace

Service::Service(delivery::Jobs& jobs, Mailer& mailer, SmsSender& sms, const Clock& clock,
                 Loop& loop)
    : jobs_(jobs), mailer_(mailer), sms_(sms), clock_(clock), loop_(loop), wake_(loop) {}

Task<void> Service::run() {
  while (!stopping_) {
    try {
      co_await look();
      co_await count();
    } catch (const std::exception& failure) {
      log::warning("jobs cannot be looked at", {{"why", failure.what()}});
    }
    if (!stopping_) co_await sleep(kLookInterval);
  }
  while (under_way_ > 0) co_await sleep(kLease);
}

Task<void> Service::sleep(std::chrono::milliseconds longest) {
  wake_.expires_after(longest);
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
}

Task<void> Service::look() {
  const auto free = static_cast<std::int64_t>(kAtOnce - under_way_);
  if (free == 0) co_return;
  auto jobs = co_await jobs_.take({std::string{kSms}, std::string{kMail}}, free, kLease);
  for (delivery::Job& job : jobs) {
    ++under_way_;
    boost::asio::co_spawn(loop_, carry_out(std::move(job)), boost::asio::detached);
  }
}

Task<void> Service::count() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_count_) co_return;
  waiting_ = (co_await jobs_.counts()).waiting;
  next_count_ = now + kCountInterval;
}

void Service::stop() {
  stopping_ = true;
  wake_.cancel();
}

Task<void> Service::carry_out(delivery::Job job) {
  try {
    co_await settle(
        job, job.kind == kMail ? co_await send_mail(job.payload) : co_await send_sms(job.payload));
  } catch (const std::exception& failure) {
    // The lease runs out, and the job is taken again.
    log::warning("a job could not be settled", {{"kind", job.kind}, {"why", failure.what()}});
  }
  --under_way_;
  if (stopping_) wake_.cancel();
}

Task<Sending> Service::send_mail(const std::string& payload) {
  const auto letter = read_letter(payload);
  if (!letter) co_return unreadable();
  // user::Emails::forgot_password() leaves these for addresses that nobody has.
  if (letter->to.empty()) co_return Sending{};
  auto mail = render_mail(letter->template_name, letter->language, letter->values);
  if (!mail) co_return unreadable();
  mail->to = letter->to;
  co_return co_await behind(mail_breaker_, mailer_, std::move(*mail));
}

Task<Sending> Service::send_sms(const std::string& payload) {
  const auto letter = read_letter(payload);
  if (!letter) co_return unreadable();
  auto text = render_sms(letter->template_name, letter->language, letter->values);
  if (!text) co_return unreadable();
  co_return co_await behind(sms_breaker_, sms_, Sms{.to = letter->to, .text = std::move(*text)});
}

Task<void> Service::settle(const delivery::Job& job, Sending sending) {
  Counters& counters = job.kind == kMail ? mails_ : messages_;
  if (sending.outcome == Outcome::sent) {
    ++counters.sent;
    co_await jobs_.done(job.id);
    co_return;
  }
  const auto most = job.kind == kMail ? kMostMailAttempts : kMostSmsAttempts;
  if (sending.outcome == Outcome::refused || job.attempt >= most) {
    ++counters.dead;
    log::warning("cannot be sent", {{"kind", job.kind}, {"why", sending.why}});
    co_await jobs_.failed(job.id, std::nullopt, std::move(sending.why));
    co_return;
  }
  ++counters.postponed;
  const auto wait = with_jitter(std::max(wait_after(job.attempt), sending.retry_after));
  co_await jobs_.failed(job.id, clock_.now() + wait, std::move(sending.why));
}

}  // namespace parley::notification

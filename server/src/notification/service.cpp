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

// A code is useless after ten minutes, a mail's link after a day or two.
constexpr std::int64_t kMostSmsAttempts = 4;
constexpr std::int64_t kMostMailAttempts = 290;

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

}  // namespace

Service::Service(delivery::Jobs& jobs, Mailer& mailer, SmsSender& sms, const Clock& clock,
                 Loop& loop)
    : mailer_(mailer),
      sms_(sms),
      runner_(jobs,
              {{"mail", kMostMailAttempts,
                [this](std::string payload) { return send_mail(std::move(payload)); }},
               {"sms", kMostSmsAttempts,
                [this](std::string payload) { return send_sms(std::move(payload)); }}},
              clock, loop) {}

Task<Sending> Service::send_mail(std::string payload) {
  const auto letter = read_letter(payload);
  if (!letter) co_return unreadable();
  // user::Emails::forgot_password() leaves these for addresses that nobody has.
  if (letter->to.empty()) co_return Sending{};
  auto mail = render_mail(letter->template_name, letter->language, letter->values);
  if (!mail) co_return unreadable();
  mail->to = letter->to;
  co_return co_await behind(mail_breaker_, mailer_, std::move(*mail));
}

Task<Sending> Service::send_sms(std::string payload) {
  const auto letter = read_letter(payload);
  if (!letter) co_return unreadable();
  auto text = render_sms(letter->template_name, letter->language, letter->values);
  if (!text) co_return unreadable();
  co_return co_await behind(sms_breaker_, sms_, Sms{.to = letter->to, .text = std::move(*text)});
}

}  // namespace parley::notification

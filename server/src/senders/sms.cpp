#include "senders/sms.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace parley::senders {
namespace {

using notification::Sending;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string form_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '*';
    if (plain)
      encoded += c;
    else if (c == ' ')
      encoded += '+';
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

// The provider's own number for what went wrong: {"code": 21211, …}. Its words are left out, for
// they like to repeat the number or the text.
std::string_view error_code(std::string_view json) {
  constexpr std::string_view kName = "\"code\":";
  const auto at = json.find(kName);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + kName.size());
  json.remove_prefix(std::min(json.find_first_not_of(' '), json.size()));
  return json.substr(0, std::min<std::size_t>(json.find_first_not_of("0123456789"), 9));
}

std::string why_not(const delivery::OutboundAnswer& answer) {
  std::string why = fmt::format("the SMS provider answers {}", answer.status);
  if (const auto code = error_code(answer.body); !code.empty())
    why += fmt::format(" (its error {})", code);
  if (answer.status == 401 || answer.status == 403) why += ": check sms-user and sms-password";
  if (answer.status == 404 || answer.status / 100 == 3) why += ": check sms-url";
  return why;
}

}  // namespace

HttpSmsSender::HttpSmsSender(delivery::HttpClient& http, SmsProvider provider)
    : http_(http), provider_(std::move(provider)) {}

Task<Sending> HttpSmsSender::send(notification::Sms sms) {
  const auto answer = co_await http_.fetch(
      {.method = "POST",
       .url = provider_.url,
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
       .body = fmt::format("To={}&From={}&Body={}", form_encoded(sms.to),
                           form_encoded(provider_.from), form_encoded(sms.text)),
       .user = provider_.user,
       .password = provider_.password});
  if (!answer)
    co_return Sending{.outcome = Sending::Outcome::try_later,
                      .why = "no answer of the SMS provider: " + answer.error()};
  if (answer->status / 100 == 2) co_return Sending{};
  const bool never = answer->status / 100 == 4 && answer->status != 408 && answer->status != 429;
  co_return Sending{.outcome = never ? Sending::Outcome::refused : Sending::Outcome::try_later,
                    .why = why_not(*answer),
                    .retry_after = answer->retry_after};
}

}  // namespace parley::senders

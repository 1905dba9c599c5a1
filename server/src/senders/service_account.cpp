#include "senders/service_account.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "senders/url.h"

namespace parley::senders {
namespace {

using notification::PushSending;

constexpr std::chrono::seconds kAssertionValidity{3600};  // the longest that is taken
constexpr std::int64_t kLongestValidity = 24 * 3600;

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* const member = object.if_contains(name);
  return member && member->is_string() ? std::string{member->get_string()} : std::string{};
}

boost::json::object object_of(std::string_view json) {
  boost::system::error_code no_json;
  auto value = boost::json::parse(json, no_json);
  return !no_json && value.is_object() ? std::move(value.get_object()) : boost::json::object{};
}

std::unexpected<PushSending> failed(PushOutcome outcome, std::string why,
                                    std::chrono::seconds retry_after = {}) {
  return std::unexpected(
      PushSending{.outcome = outcome, .why = std::move(why), .retry_after = retry_after});
}

}  // namespace

std::expected<ServiceAccount, std::string> read_service_account(std::string_view json) {
  const auto object = object_of(json);
  if (object.empty()) return std::unexpected("the service account is no JSON object");
  if (text_of(object, "type") != "service_account")
    return std::unexpected("the JSON is not that of a service account: its type is another");
  for (const auto* name : {"project_id", "client_email", "private_key", "token_uri"})
    if (text_of(object, name).empty())
      return std::unexpected(fmt::format("the service account has no {}", name));
  // It becomes part of an address.
  const std::string project = text_of(object, "project_id");
  if (!std::ranges::all_of(project, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      }))
    return std::unexpected("the project_id of the service account is none");
  auto key = PrivateKey::from_pem(text_of(object, "private_key"));
  if (!key || key->is_p256())
    return std::unexpected("the private_key of the service account is no key of RSA in PEM");
  const std::string token_url = text_of(object, "token_uri");
  if (!read_url(token_url))
    return std::unexpected("the token_uri of the service account is no URL");
  return ServiceAccount{.project = project,
                        .email = text_of(object, "client_email"),
                        .key_id = text_of(object, "private_key_id"),
                        .key = std::move(*key),
                        .token_url = token_url};
}

AccessToken::AccessToken(delivery::HttpClient& http, const ServiceAccount& account,
                         std::string scope, const Clock& clock)
    : http_(http), account_(account), scope_(std::move(scope)), clock_(clock) {}

std::string AccessToken::assertion(Timestamp now) const {
  const auto issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  boost::json::object header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!account_.key_id.empty()) header["kid"] = account_.key_id;
  return account_.key.sign_token(
      boost::json::serialize(header),
      boost::json::serialize(boost::json::object{{"iss", account_.email},
                                                 {"scope", scope_},
                                                 {"aud", account_.token_url},
                                                 {"iat", issued.count()},
                                                 {"exp", (issued + kAssertionValidity).count()}}));
}

Task<std::expected<std::string, PushSending>> AccessToken::get() {
  const Timestamp now = clock_.now();
  {
    const std::lock_guard lock{mutex_};
    if (!token_.empty() && now < until_) co_return token_;
  }
  // The assertion is of base64url and dots, which a form leaves as they are.
  const auto answer = co_await http_.fetch(
      {.method = "POST",
       .url = account_.token_url,
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
       .body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
               assertion(now)});
  if (!answer)
    co_return failed(PushOutcome::postponed, "no answer of Google's accounts: " + answer.error());
  co_return keep(*answer, now);
}

std::expected<std::string, PushSending> AccessToken::keep(const delivery::OutboundAnswer& answer,
                                                          Timestamp asked) {
  if (answer.status / 100 == 4 && answer.status != 408 && answer.status != 429)
    return failed(PushOutcome::refused,
                  fmt::format("Google's accounts answer {}: check the service account, and the "
                              "clock of this machine",
                              answer.status));
  if (answer.status != 200)
    return failed(PushOutcome::postponed, fmt::format("Google's accounts answer {}", answer.status),
                  answer.retry_after);
  const auto object = object_of(answer.body);
  std::string token = text_of(object, "access_token");
  const auto* const lasts = object.if_contains("expires_in");
  if (token.empty() || !lasts || !lasts->is_int64() || lasts->get_int64() <= 0)
    return failed(PushOutcome::postponed, "Google's accounts answer with no token");
  const std::chrono::seconds validity{std::min(lasts->get_int64(), kLongestValidity)};
  const std::lock_guard lock{mutex_};
  token_ = token;
  until_ = asked + std::max<std::chrono::milliseconds>(validity - kReserve, validity / 2);
  return token;
}

void AccessToken::forget(const std::string& token) {
  const std::lock_guard lock{mutex_};
  if (token_ == token) token_.clear();
}

}  // namespace parley::senders

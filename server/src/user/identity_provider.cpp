#include "user/identity_provider.h"

#include <algorithm>
#include <optional>

#include "base/base64url.h"
#include "base/log.h"
#include "user/form_text.h"
#include "user/json_object.h"
#include "user/token.h"

namespace parley::user {
namespace {

constexpr std::size_t kLongestAnswer = 256 * 1024;
constexpr std::chrono::seconds kPatience{5};

std::string discovery_url(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string{issuer} + "/.well-known/openid-configuration";
}

std::string challenge_of_verifier(std::string_view verifier) {
  const std::string hash = hash_of_token(verifier);
  return base64url({reinterpret_cast<const unsigned char*>(hash.data()), hash.size()});
}

}  // namespace

IdentityProvider::IdentityProvider(ProviderSettings settings, std::string redirect_uri,
                                   delivery::HttpClient& http, const Clock& clock)
    : settings_(std::move(settings)),
      redirect_uri_(std::move(redirect_uri)),
      http_(http),
      clock_(clock) {}

std::unexpected<Error> IdentityProvider::unavailable(std::string_view what,
                                                     std::string_view why) const {
  log::warning("sign-in provider unavailable",
               {{"provider", settings_.name}, {"what", what}, {"why", why}});
  return fail(Errc::provider_unavailable);
}

std::unexpected<Error> IdentityProvider::refuse(std::string_view why) const {
  log::warning("sign-in with a provider refused", {{"provider", settings_.name}, {"why", why}});
  return fail(Errc::invalid_sign_in);
}

// Nothing that belongs to a provider on HTTPS is asked or shown without it.
bool IdentityProvider::may_ask(std::string_view url) const {
  return url.starts_with("https://") ||
         (url.starts_with("http://") && settings_.issuer.starts_with("http://"));
}

Task<Result<std::string>> IdentityProvider::read(std::string url, std::string_view what) {
  auto answer = co_await http_.fetch({.url = std::move(url),
                                      .headers = {{"Accept", "application/json"}},
                                      .timeout = kPatience,
                                      .most_bytes = kLongestAnswer});
  if (!answer) co_return unavailable(what, answer.error());
  if (answer->status != 200)
    co_return unavailable(what, "it answers " + std::to_string(answer->status));
  co_return std::move(answer->body);
}

Task<Result<IdentityProvider::EndpointsPtr>> IdentityProvider::endpoints() {
  {
    const std::lock_guard lock{mutex_};
    if (endpoints_ && clock_.now() - endpoints_->read_at < kKeepFor) co_return endpoints_;
  }
  constexpr std::string_view kWhat = "discovery document";
  const auto body = co_await read(discovery_url(settings_.issuer), kWhat);
  if (!body) co_return std::unexpected(body.error());
  const auto document = parse_object(*body, kLongestAnswer);
  if (!document) co_return unavailable(kWhat, "it is no JSON object");
  if (text_member(*document, "issuer") != settings_.issuer)
    co_return unavailable(kWhat, "it names another issuer than the configuration");

  const auto url = [&](std::string_view name) {
    return std::string{text_member(*document, name).value_or("")};
  };
  auto read =
      std::make_shared<const Endpoints>(Endpoints{.authorization = url("authorization_endpoint"),
                                                  .token = url("token_endpoint"),
                                                  .keys = url("jwks_uri"),
                                                  .read_at = clock_.now()});
  if (!may_ask(read->authorization) || !may_ask(read->token) || !may_ask(read->keys))
    co_return unavailable(kWhat, "it lacks an endpoint, or names one without HTTPS");
  const std::lock_guard lock{mutex_};
  endpoints_ = read;
  co_return read;
}

Task<Result<IdentityProvider::KeysPtr>> IdentityProvider::keys(std::string url,
                                                               std::chrono::seconds most_age) {
  {
    const std::lock_guard lock{mutex_};
    if (keys_ && clock_.now() - keys_->read_at < most_age) co_return keys_;
  }
  constexpr std::string_view kWhat = "keys";
  const auto body = co_await read(std::move(url), kWhat);
  if (!body) co_return std::unexpected(body.error());
  auto parsed = ProviderKeys::parse(*body);
  if (!parsed) co_return unavailable(kWhat, "they are no key set");
  auto read =
      std::make_shared<const Keys>(Keys{.keys = std::move(*parsed), .read_at = clock_.now()});
  const std::lock_guard lock{mutex_};
  keys_ = read;
  co_return read;
}

Task<Result<std::string>> IdentityProvider::sign_in_page(ProviderQuestion question) {
  const auto known = co_await endpoints();
  if (!known) co_return std::unexpected(known.error());
  const std::string& page = (*known)->authorization;
  co_return page + (page.contains('?') ? '&' : '?') +
      form_text({{"response_type", "code"},
                 {"client_id", settings_.client_id},
                 {"redirect_uri", redirect_uri_},
                 {"scope", settings_.scopes},
                 {"state", question.state},
                 {"nonce", question.nonce},
                 {"code_challenge", challenge_of_verifier(question.verifier)},
                 {"code_challenge_method", "S256"}});
}

Task<Result<std::string>> IdentityProvider::id_token(std::string url, std::string code,
                                                     std::string verifier) {
  const bool is_public = settings_.client_secret.empty();
  std::string body = form_text({{"grant_type", "authorization_code"},
                                {"code", code},
                                {"redirect_uri", redirect_uri_},
                                {"code_verifier", verifier}});
  if (is_public) body += '&' + form_text({{"client_id", settings_.client_id}});
  const auto answer =
      co_await http_.fetch({.method = "POST",
                            .url = std::move(url),
                            .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                                        {"Accept", "application/json"}},
                            .body = std::move(body),
                            // Encoded before HTTP Basic encodes them once more: RFC 6749 §2.3.1.
                            .user = is_public ? "" : form_text(settings_.client_id),
                            .password = form_text(settings_.client_secret),
                            .timeout = kPatience,
                            .most_bytes = kLongestAnswer});
  constexpr std::string_view kWhat = "token endpoint";
  if (!answer) co_return unavailable(kWhat, answer.error());
  if (answer->status >= 500 || answer->status == 429)
    co_return unavailable(kWhat, "it answers " + std::to_string(answer->status));
  const auto said = parse_object(answer->body, kLongestAnswer);
  if (answer->status != 200 || !said) {
    const auto error = said ? text_member(*said, "error").value_or("") : "";
    co_return refuse("the token endpoint answers " + std::to_string(answer->status) + ' ' +
                     std::string{error.substr(0, 64)});
  }
  const auto token = text_member(*said, "id_token");
  if (!token) co_return refuse("the token endpoint gives no ID token");
  co_return std::string{*token};
}

Task<Result<ProviderIdentity>> IdentityProvider::verify(std::string token, std::string nonce,
                                                        std::string keys_url) {
  const ExpectedToken expected{.issuer = settings_.issuer,
                               .client_id = settings_.client_id,
                               .nonce = std::move(nonce),
                               .now = clock_.now()};
  auto known = co_await keys(keys_url, kKeepFor);
  if (!known) co_return std::unexpected(known.error());
  auto identity = verify_id_token(token, (*known)->keys, expected);
  if (!identity && identity.error().unknown_key) {
    known = co_await keys(std::move(keys_url), kKeysPause);
    if (!known) co_return std::unexpected(known.error());
    identity = verify_id_token(token, (*known)->keys, expected);
  }
  if (!identity) co_return refuse(std::string{"the ID token: "} + identity.error().why);
  co_return std::move(*identity);
}

Task<Result<ProviderIdentity>> IdentityProvider::redeem(std::string code,
                                                        ProviderQuestion question) {
  const auto known = co_await endpoints();
  if (!known) co_return std::unexpected(known.error());
  const auto token =
      co_await id_token((*known)->token, std::move(code), std::move(question.verifier));
  if (!token) co_return std::unexpected(token.error());
  co_return co_await verify(*token, std::move(question.nonce), (*known)->keys);
}

}  // namespace parley::user

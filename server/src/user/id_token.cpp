#include "user/id_token.h"

#include <algorithm>
#include <array>
#include <memory>

#include <boost/json/array.hpp>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "base/base64url.h"
#include "user/json_object.h"
#include "user/secret.h"

namespace parley::user {
namespace {

using Object = boost::json::object;

constexpr std::size_t kLongestToken = 32 * 1024;
constexpr std::size_t kLongestSubject = 255;
constexpr std::chrono::seconds kLeeway{60};

std::unexpected<TokenFault> refuse(const char* why) {
  return std::unexpected{TokenFault{.why = why}};
}

// A token as it travels: three parts of base64url.
struct Parts {
  std::string_view signed_text;
  Object header;
  Object claims;
  std::string signature;
};

std::optional<Object> decoded(std::string_view part) {
  const auto json = from_base64url(part);
  return json ? parse_object(*json, kLongestToken) : std::nullopt;
}

std::optional<Parts> divide(std::string_view token) {
  if (token.size() > kLongestToken) return std::nullopt;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == token.npos || first == last) return std::nullopt;
  auto header = decoded(token.substr(0, first));
  auto claims = decoded(token.substr(first + 1, last - first - 1));
  auto signature = from_base64url(token.substr(last + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return Parts{.signed_text = token.substr(0, last),
               .header = std::move(*header),
               .claims = std::move(*claims),
               .signature = std::move(*signature)};
}

// ES256 signatures are two numbers of 32 bytes in a token (RFC 7518 §3.4), and DER elsewhere.
std::string in_der(std::string_view signature) {
  if (signature.size() != 64) return {};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(signature.data());
  const std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG* both) { ECDSA_SIG_free(both); })> both{
      ECDSA_SIG_new()};
  if (!both || ECDSA_SIG_set0(both.get(), BN_bin2bn(bytes, 32, nullptr),
                              BN_bin2bn(bytes + 32, 32, nullptr)) != 1)
    return {};
  std::array<unsigned char, 80> der{};
  unsigned char* end = der.data();
  const int length = i2d_ECDSA_SIG(both.get(), &end);
  return length > 0 ? std::string{der.data(), end} : std::string{};
}

std::expected<void, TokenFault> check_signature(const Parts& parts, const ProviderKeys& keys) {
  const auto algorithm = token_algorithm(text_member(parts.header, "alg").value_or(""));
  if (!algorithm) return refuse("its algorithm is none that we take");
  if (parts.header.contains("crit")) return refuse("it demands an extension");
  const VerifyingKey* const key = keys.find(text_member(parts.header, "kid"), *algorithm);
  if (!key) return std::unexpected{TokenFault{.why = "its key is unknown", .unknown_key = true}};
  const bool right = *algorithm == TokenAlgorithm::es256
                         ? key->verifies(in_der(parts.signature), parts.signed_text)
                         : key->verifies(parts.signature, parts.signed_text);
  if (!right) return refuse("its signature is wrong");
  return {};
}

// A time in seconds, which may have a fraction.
std::optional<double> time_member(const Object& claims, std::string_view name) {
  const auto* const member = claims.if_contains(name);
  if (!member || !member->is_number()) return std::nullopt;
  return member->to_number<double>();
}

double seconds(Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Whether the token is for us, alone or among others.
bool is_audience(const Object& claims, std::string_view client_id) {
  const auto party = text_member(claims, "azp");
  if (claims.contains("azp") && party != client_id) return false;
  const auto* const audience = claims.if_contains("aud");
  if (!audience) return false;
  if (audience->is_string()) return audience->get_string() == client_id;
  if (!audience->is_array()) return false;
  const auto& all = audience->get_array();
  const bool named = std::ranges::any_of(
      all, [&](const auto& one) { return one.is_string() && one.get_string() == client_id; });
  return named && (all.size() == 1 || party);
}

std::expected<void, TokenFault> check_claims(const Object& claims, const ExpectedToken& expected) {
  if (text_member(claims, "iss") != expected.issuer) return refuse("its issuer is another one");
  if (!is_audience(claims, expected.client_id)) return refuse("it is for another client");
  const auto nonce = text_member(claims, "nonce");
  if (expected.nonce.empty() || !nonce || !same_secret(*nonce, expected.nonce))
    return refuse("its nonce is another one");

  const auto leeway = static_cast<double>(kLeeway.count());
  const double now = seconds(expected.now);
  const auto expires = time_member(claims, "exp");
  const auto issued = time_member(claims, "iat");
  const auto begins = time_member(claims, "nbf");
  if (!expires || now >= *expires + leeway) return refuse("it has expired");
  if (!issued || *issued > now + leeway) return refuse("it was issued in the future");
  if (claims.contains("nbf") && (!begins || *begins > now + leeway))
    return refuse("it is not valid yet");
  return {};
}

std::optional<std::string> text_of(const Object& claims, std::string_view name) {
  const auto text = text_member(claims, name);
  if (!text || text->empty()) return std::nullopt;
  return std::string{*text};
}

}  // namespace

std::expected<ProviderIdentity, TokenFault> verify_id_token(std::string_view token,
                                                            const ProviderKeys& keys,
                                                            const ExpectedToken& expected) {
  const auto parts = divide(token);
  if (!parts) return refuse("it is no token");
  if (const auto right = check_signature(*parts, keys); !right)
    return std::unexpected(right.error());
  const Object& claims = parts->claims;
  if (const auto right = check_claims(claims, expected); !right)
    return std::unexpected(right.error());
  auto subject = text_of(claims, "sub");
  if (!subject || subject->size() > kLongestSubject) return refuse("it names nobody");

  const auto* const verified = claims.if_contains("email_verified");
  const bool has_email = verified && *verified == boost::json::value(true);
  return ProviderIdentity{.subject = std::move(*subject),
                          .email = has_email ? text_of(claims, "email") : std::nullopt,
                          .name = text_of(claims, "name"),
                          .preferred_username = text_of(claims, "preferred_username"),
                          .locale = text_of(claims, "locale")};
}

}  // namespace parley::user

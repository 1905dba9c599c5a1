#include "user/token.h"

#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <jwt.h>
#include <openssl/sha.h>

#include "base/base64url.h"
#include "user/secret.h"

namespace parley::user {
namespace {

using Jwt = std::unique_ptr<jwt_t, decltype([](jwt_t* jwt) { jwt_free(jwt); })>;

constexpr std::size_t kLongestToken = 4096;
constexpr std::size_t kManyEnded = 10'000;  // from here on, forget those that expired

std::uint64_t id_grant(jwt_t* jwt, const char* grant) {
  const char* const text = jwt_get_grant(jwt, grant);
  if (!text) return 0;
  const std::string_view digits{text};
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return error == std::errc{} && end == digits.data() + digits.size() ? id : 0;
}

// A token without a role is a user's.
std::optional<Role> role_grant(jwt_t* jwt) {
  const char* const name = jwt_get_grant(jwt, "role");
  Role role = Role::user;
  if (name && !boost::describe::enum_from_string(name, role)) return std::nullopt;
  return role;
}

std::string header_of(const SigningKey& key) {
  const std::string header = fmt::format(R"({{"alg":"HS256","kid":"{}","typ":"JWT"}})", key.kid);
  return base64url({reinterpret_cast<const unsigned char*>(header.data()), header.size()});
}

// Which key a header says its token was signed with: nothing is known to be true yet.
std::optional<std::string> kid_in(std::string_view header) {
  const auto text = from_base64url(header);
  if (!text) return std::nullopt;
  boost::system::error_code error;
  const auto json = boost::json::parse(*text, error, {}, {.max_depth = 2});
  if (error || !json.is_object()) return std::nullopt;
  const auto* const kid = json.get_object().if_contains("kid");
  if (!kid || !kid->is_string()) return std::nullopt;
  return std::string{kid->get_string()};
}

std::int64_t seconds_of(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

// The keys, and beside each the header of its tokens as issue() writes it.
struct AccessTokens::Ring {
  explicit Ring(SigningKeys own) : keys(std::move(own)) {
    for (const SigningKey& key : keys.all()) headers.push_back(header_of(key));
  }

  // The key that the token names; nullptr when it names none of ours.
  const SigningKey* key_of(std::string_view token) const {
    const std::string_view header = token.substr(0, token.find('.'));
    for (std::size_t i = 0; i < headers.size(); ++i)  // spares reading the JSON
      if (headers[i] == header) return &keys.all()[i];
    const auto kid = kid_in(header);
    return kid ? keys.find(*kid) : nullptr;
  }

  const SigningKeys keys;
  std::vector<std::string> headers;
};

AccessTokens::AccessTokens(SigningKeys keys, const Clock& clock) : clock_(clock) {
  set_keys(std::move(keys));
}

AccessTokens::~AccessTokens() = default;

void AccessTokens::set_keys(SigningKeys keys) {
  auto fresh = std::make_unique<const Ring>(std::move(keys));
  const std::lock_guard lock{mutex_};
  ring_ = fresh.get();
  rings_.push_back(std::move(fresh));
}

std::string AccessTokens::issue(const Access& access) const {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) throw std::bad_alloc{};
  const Jwt jwt{made};
  const SigningKey& key = ring_.load()->keys.active();
  jwt_set_alg(jwt.get(), JWT_ALG_HS256, reinterpret_cast<const unsigned char*>(key.secret.data()),
              static_cast<int>(key.secret.size()));
  jwt_add_header(jwt.get(), "kid", key.kid.c_str());
  jwt_add_grant(jwt.get(), "sub", std::to_string(access.user_id.value()).c_str());
  jwt_add_grant(jwt.get(), "sid", std::to_string(access.session_id.value()).c_str());
  if (access.role != Role::user)
    jwt_add_grant(jwt.get(), "role", boost::describe::enum_to_string(access.role, ""));
  jwt_add_grant_int(jwt.get(), "iat", static_cast<long>(seconds_of(clock_.now())));
  jwt_add_grant_int(jwt.get(), "exp", static_cast<long>(seconds_of(access.expires_at)));
  const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> text{
      jwt_encode_str(jwt.get())};
  if (!text) throw std::bad_alloc{};
  return text.get();
}

Result<Access> AccessTokens::check(std::string_view token) const {
  if (token.empty() || token.size() > kLongestToken || token.find('\0') != token.npos)
    return fail(Errc::unauthenticated);

  const SigningKey* const key = ring_.load()->key_of(token);
  if (!key) return fail(Errc::unauthenticated);

  jwt_t* decoded = nullptr;
  if (jwt_decode(&decoded, std::string{token}.c_str(),
                 reinterpret_cast<const unsigned char*>(key->secret.data()),
                 static_cast<int>(key->secret.size())) != 0)
    return fail(Errc::unauthenticated);
  const Jwt jwt{decoded};
  // libjwt takes any HMAC, and "none" when it is given no key: insist on ours
  // (RFC 8725 §3.1).
  if (jwt_get_alg(jwt.get()) != JWT_ALG_HS256) return fail(Errc::unauthenticated);

  const auto role = role_grant(jwt.get());
  if (!role) return fail(Errc::unauthenticated);
  const Access access{
      .user_id = UserId{id_grant(jwt.get(), "sub")},
      .session_id = SessionId{id_grant(jwt.get(), "sid")},
      .role = *role,
      .expires_at = Timestamp{std::chrono::seconds{jwt_get_grant_int(jwt.get(), "exp")}}};
  if (!access.user_id || !access.session_id) return fail(Errc::unauthenticated);
  if (access.expires_at <= clock_.now()) return fail(Errc::token_expired);
  if (ended(access.session_id)) return fail(Errc::token_revoked);
  return access;
}

void AccessTokens::end(SessionId session, Timestamp until) {
  const std::lock_guard lock{mutex_};
  if (ended_.size() >= kManyEnded) {
    const Timestamp now = clock_.now();
    std::erase_if(ended_, [now](const auto& entry) { return entry.second <= now; });
  }
  ended_[session] = until;
}

bool AccessTokens::ended(SessionId session) const {
  const std::shared_lock lock{mutex_};
  return ended_.contains(session);
}

std::string new_refresh_token() { return base64url(random_bytes<32>()); }

std::string hash_of_token(std::string_view token) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace parley::user

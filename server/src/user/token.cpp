#include "user/token.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>

#include <jwt.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/base64url.h"

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

std::int64_t seconds_of(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

AccessTokens::AccessTokens(std::string secret, const Clock& clock)
    : secret_(std::move(secret)), clock_(clock) {
  if (secret_.size() < 32) throw std::invalid_argument("token_secret needs at least 32 bytes");
}

std::string AccessTokens::issue(const Access& access) const {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) throw std::bad_alloc{};
  const Jwt jwt{made};
  jwt_set_alg(jwt.get(), JWT_ALG_HS256, reinterpret_cast<const unsigned char*>(secret_.data()),
              static_cast<int>(secret_.size()));
  jwt_add_grant(jwt.get(), "sub", std::to_string(access.user_id.value()).c_str());
  jwt_add_grant(jwt.get(), "sid", std::to_string(access.session_id.value()).c_str());
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

  jwt_t* decoded = nullptr;
  if (jwt_decode(&decoded, std::string{token}.c_str(),
                 reinterpret_cast<const unsigned char*>(secret_.data()),
                 static_cast<int>(secret_.size())) != 0)
    return fail(Errc::unauthenticated);
  const Jwt jwt{decoded};
  // libjwt takes any HMAC, and "none" when it is given no key: insist on ours
  // (RFC 8725 §3.1).
  if (jwt_get_alg(jwt.get()) != JWT_ALG_HS256) return fail(Errc::unauthenticated);

  const Access access{
      .user_id = UserId{id_grant(jwt.get(), "sub")},
      .session_id = SessionId{id_grant(jwt.get(), "sid")},
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

std::string new_refresh_token() {
  std::array<unsigned char, 32> bits;
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1)
    throw std::runtime_error("the system has no randomness to give");
  return base64url(bits);
}

std::string hash_of_token(std::string_view token) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace parley::user

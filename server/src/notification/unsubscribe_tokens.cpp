#include "notification/unsubscribe_tokens.h"

#include <cstdint>

#include "base/base64url.h"
#include "base/secret.h"

namespace parley::notification {
namespace {

// Whatever else the key may sign one day, it is no token of this kind.
constexpr std::string_view kPurpose = "parley unsubscribe v1";

constexpr std::size_t kClaimBytes = 16;  // user, end
constexpr std::size_t kSealBytes = 32;

void put(std::string& bytes, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFFU);
}

std::uint64_t get(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, 8)) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string UnsubscribeTokens::seal(std::string_view claim) const {
  return hmac_sha256(key_, std::string{kPurpose} + std::string{claim});
}

std::string UnsubscribeTokens::issue(UserId user) const {
  const Timestamp end = clock_.now() + kLifetime;
  std::string token;
  put(token, user.value());
  put(token, static_cast<std::uint64_t>(end.time_since_epoch().count()));
  token += seal(token);
  return base64url({reinterpret_cast<const unsigned char*>(token.data()), token.size()});
}

std::optional<UserId> UnsubscribeTokens::check(std::string_view token) const {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != kClaimBytes + kSealBytes) return std::nullopt;
  const auto claim = std::string_view{*bytes}.substr(0, kClaimBytes);
  if (!same_secret(seal(claim), std::string_view{*bytes}.substr(kClaimBytes))) return std::nullopt;
  const auto end = static_cast<std::int64_t>(get(claim.substr(8)));
  if (Timestamp{std::chrono::milliseconds{end}} <= clock_.now()) return std::nullopt;
  return UserId{get(claim)};
}

}  // namespace parley::notification

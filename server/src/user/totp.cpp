#include "user/totp.h"

#include <array>

#include <fmt/format.h>
#include <openssl/hmac.h>

#include "user/secret.h"

namespace parley::user {
namespace {

constexpr std::chrono::seconds kStep{30};
constexpr std::int64_t kStepsAside = 1;
constexpr std::size_t kSecretBytes = 20;

// RFC 3986: what is not unreserved is written as %XX.
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace

std::string new_totp_secret() {
  const auto bytes = random_bytes<kSecretBytes>();
  return {bytes.begin(), bytes.end()};
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 5; held -= 5) out += kAlphabet[bits >> (held - 5) & 31];
  }
  if (held > 0) out += kAlphabet[bits << (5 - held) & 31];
  return out;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
  return fmt::format(
      "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period={3}",
      percent_encoded(issuer), percent_encoded(account), base32(secret), kStep.count());
}

std::string totp_code(std::string_view secret, std::int64_t step) {
  std::array<unsigned char, 8> counter;
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  std::array<unsigned char, 20> hash;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(),
       hash.data(), nullptr);
  // RFC 4226 §5.3: the last four bits say which four bytes to take, without the sign.
  const std::size_t at = hash[19] & 15U;
  const std::uint32_t number = (hash[at] & 127U) << 24 |
                               static_cast<std::uint32_t>(hash[at + 1]) << 16 |
                               static_cast<std::uint32_t>(hash[at + 2]) << 8 | hash[at + 3];
  return fmt::format("{:06}", number % 1'000'000);
}

std::int64_t totp_step(Timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch() / kStep;
}

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code,
                                          Timestamp now,
                                          std::optional<std::int64_t> last_used_step) {
  const std::int64_t current = totp_step(now);
  std::optional<std::int64_t> matching;
  for (std::int64_t step = current - kStepsAside; step <= current + kStepsAside; ++step) {
    const bool same = same_secret(totp_code(secret, step), code);
    if (same && (!last_used_step || step > *last_used_step)) matching = step;
  }
  return matching;
}

}  // namespace parley::user

#include "user/one_time_code.h"

#include <bit>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>

#include "user/secret.h"

namespace parley::user {
namespace {

constexpr std::uint32_t kManyCodes = 1'000'000;
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kSymbols = 8;
constexpr std::size_t kLongestTyped = 64;

std::string new_recovery_code() {
  std::string code;
  for (const unsigned char byte : random_bytes<kSymbols>()) {
    if (code.size() == kSymbols / 2) code += '-';
    code += kAlphabet[byte % kAlphabet.size()];  // 256 is a multiple of 32
  }
  return code;
}

char normal_symbol(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

}  // namespace

std::string new_one_time_code() {
  // The last, incomplete million of the 32-bit numbers would make some codes likelier.
  constexpr std::uint32_t kEnd = UINT32_MAX - UINT32_MAX % kManyCodes;
  for (;;) {
    const auto number = std::bit_cast<std::uint32_t>(random_bytes<sizeof(std::uint32_t)>());
    if (number < kEnd) return fmt::format("{:06}", number % kManyCodes);
  }
}

std::vector<std::string> new_recovery_codes(std::size_t count) {
  std::vector<std::string> codes;
  codes.reserve(count);
  while (codes.size() < count) codes.push_back(new_recovery_code());
  return codes;
}

std::optional<std::string> normal_recovery_code(std::string_view typed) {
  if (typed.size() > kLongestTyped) return std::nullopt;
  std::string code;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const char symbol = normal_symbol(c);
    if (kAlphabet.find(symbol) == std::string_view::npos) return std::nullopt;
    code += symbol;
  }
  if (code.size() != kSymbols) return std::nullopt;
  return code;
}

OneTimeCodes::OneTimeCodes(std::string key) : key_(std::move(key)) {
  if (key_.size() < 32) throw std::invalid_argument("one-time codes need a key of 32 bytes");
}

std::string OneTimeCodes::hash_of_code(std::string_view code, std::string_view bound_to) const {
  return hash("one-time code", code, bound_to);
}

std::string OneTimeCodes::hash_of_recovery_code(std::string_view typed,
                                                std::string_view bound_to) const {
  return hash("recovery code", normal_recovery_code(typed).value_or(""), bound_to);
}

bool OneTimeCodes::matches(std::string_view code, std::string_view bound_to,
                           std::string_view hash) const {
  return same_secret(hash_of_code(code, bound_to), hash);
}

std::string OneTimeCodes::hash(std::string_view kind, std::string_view code,
                               std::string_view bound_to) const {
  // The lengths keep "12" bound to "3" from being "1" bound to "23".
  const std::string text =
      fmt::format("{}\n{} {}\n{}{}", kind, bound_to.size(), code.size(), bound_to, code);
  return hmac_sha256(key_, text);
}

}  // namespace parley::user

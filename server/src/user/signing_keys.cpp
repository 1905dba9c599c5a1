#include "user/signing_keys.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/base64url.h"
#include "user/secret.h"

namespace parley::user {
namespace {

constexpr std::size_t kShortestSecret = 32;
constexpr std::size_t kLongestKid = 64;
constexpr std::size_t kMostKeys = 1'000;

bool is_kid(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKid && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string encoded(std::string_view bytes) {
  return base64url({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

SigningKey fresh_key(Timestamp now) {
  const auto secret = random_bytes<48>();
  return {.kid = base64url(random_bytes<9>()),
          .secret = {secret.begin(), secret.end()},
          .made_at = now};
}

// Takes the next word off `line`; words are parted by one space.
std::string_view next_word(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

std::optional<SigningKey> key_of(std::string_view line) {
  const std::string_view kid = next_word(line);
  const std::string_view made_at = next_word(line);
  auto secret = from_base64url(next_word(line));
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(made_at.data(), made_at.data() + made_at.size(), seconds);
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  if (!line.empty() || !secret || error != std::errc{} || made_at.empty() ||
      end != made_at.data() + made_at.size() || seconds < 0 || seconds > kYear9999)
    return std::nullopt;
  return SigningKey{.kid = std::string{kid},
                    .secret = std::move(*secret),
                    .made_at = Timestamp{std::chrono::seconds{seconds}}};
}

}  // namespace

SigningKeys::SigningKeys(std::vector<SigningKey> keys) : keys_(std::move(keys)) {
  if (keys_.empty() || keys_.size() > kMostKeys)
    throw std::invalid_argument("there must be a signing key, and at most 1000");
  for (const SigningKey& key : keys_) {
    if (!is_kid(key.kid)) throw std::invalid_argument("a signing key has no proper name");
    if (key.secret.size() < kShortestSecret)
      throw std::invalid_argument(fmt::format("the signing key {} is below 32 bytes", key.kid));
    if (find(key.kid) != &key)
      throw std::invalid_argument(fmt::format("there are two signing keys {}", key.kid));
  }
}

SigningKeys SigningKeys::fresh(Timestamp now) { return SigningKeys{{fresh_key(now)}}; }

SigningKeys SigningKeys::configured(std::string secret) {
  return SigningKeys{{{.kid = "config", .secret = std::move(secret), .made_at = {}}}};
}

SigningKeys SigningKeys::parse(std::string_view text) {
  std::vector<SigningKey> keys;
  for (int number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    auto key = key_of(line);
    if (!key) throw std::invalid_argument(fmt::format("line {} is no signing key", number));
    keys.push_back(std::move(*key));
  }
  return SigningKeys{std::move(keys)};
}

std::string SigningKeys::print() const {
  std::string text =
      "# The keys that sign access tokens, the active one first: name, when it was made, secret.\n"
      "# Whoever has them can be anybody. `parley keys rotate` makes a new one.\n";
  for (const SigningKey& key : keys_) {
    const auto made_at = std::chrono::floor<std::chrono::seconds>(key.made_at);
    text +=
        fmt::format("{} {} {}\n", key.kid, made_at.time_since_epoch().count(), encoded(key.secret));
  }
  return text;
}

SigningKeys SigningKeys::rotated(Timestamp now, std::chrono::seconds token_lifetime) const {
  std::vector<SigningKey> keys{fresh_key(now)};
  for (const SigningKey& key : keys_) {
    const Timestamp stopped_signing = keys.back().made_at;
    if (stopped_signing + token_lifetime < now) break;
    keys.push_back(key);
  }
  return SigningKeys{std::move(keys)};
}

const SigningKey* SigningKeys::find(std::string_view kid) const {
  const auto found = std::ranges::find(keys_, kid, &SigningKey::kid);
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace parley::user

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "user/verifying_key.h"

namespace parley::user {

// The signatures we take from providers, by their names in JWA (RFC 7518).
enum class TokenAlgorithm : std::uint8_t { rs256, es256 };

// Nothing for every other one, above all for `none` and those with a shared secret.
std::optional<TokenAlgorithm> token_algorithm(std::string_view name);

// The keys that a provider signs with: a JSON Web Key Set (RFC 7517).
class ProviderKeys {
 public:
  static constexpr std::size_t kLongest = 256 * 1024;
  static constexpr std::size_t kMostKeys = 64;

  // Keys that are of no use to us are left out: for encryption, of other kinds, unsound ones.
  // Nothing when the text is no key set.
  static std::optional<ProviderKeys> parse(std::string_view json);

  // The key of that id and algorithm. A token that names none is checked with the only key of its
  // algorithm, if there is just one.
  const VerifyingKey* find(std::optional<std::string_view> id, TokenAlgorithm algorithm) const;

 private:
  struct Kept {
    std::string id;
    TokenAlgorithm algorithm;
    VerifyingKey key;
  };

  std::vector<Kept> keys_;
};

}  // namespace parley::user
